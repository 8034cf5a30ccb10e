import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { useEmulatorPage } from './emulator-page.ts';

const run = promisify(execFile);

describe('the faults on the page of the emulator, in Chromium', () => {
  const the = useEmulatorPage();

  const add = async (fault: string): Promise<void> => {
    await the.page.getByLabel('Fault', { exact: true }).fill(fault);
    await the.page.getByRole('button', { name: 'Add fault' }).click();
  };
  const problem = () => the.page.locator('#fault-problem');
  /** What is marked in the field. */
  const marked = (): Promise<string> =>
    the.page.evaluate(
      '(({ value, selectionStart: a, selectionEnd: b }) => value.slice(a, b))(document.activeElement)',
    );

  it.each([
    ['{ "route": "put",\n  status: 503 }', 'Line 2, column 3: here belongs a name in double quotes.', 's'],
    ['{ "route": "put" "status": 503 }', 'Line 1, column 18: here belongs a comma or }.', '"'],
    ['{ "route": "put",', 'Line 1, column 18: here belongs a name in double quotes.', ''],
    [
      '{ "route": "put", "statsu": 503 }',
      'Line 1, column 19: unknown option "statsu"; did you mean "status"?',
      '"statsu"',
    ],
    [
      '{\n "route": "put",\n "status": "503"\n}',
      'Line 3, column 2: option "status" must be an integer from 200 to 599',
      '"status"',
    ],
    ['{ "route": "put" }', 'the fault has no effect: write one of status', ''],
  ])('%j is not added: the page says what is wrong with it, and where', async (fault, message, what) => {
    await add(fault);
    await problem().getByText(message).waitFor();
    const field = the.page.getByLabel('Fault', { exact: true });
    expect(await field.getAttribute('aria-invalid')).toBe('true');
    expect(await field.getAttribute('aria-describedby')).toBe('fault-problem');
    expect(await marked()).toBe(what);
    expect(the.emulator.faults.list()).toEqual([]);
    await field.press('End');
    await field.press('Space');
    expect(await problem().textContent()).toBe('');
    expect(await field.getAttribute('aria-invalid')).toBe('false');
  });

  it('the same fault cannot be added twice until it has struck', async () => {
    const { page, emulator } = the;
    await add('{ "route": "health", "status": 503 }');
    const row = page.locator('#faults li');
    await row.getByText('struck 0 of 0 requests').waitFor();
    // Written otherwise, it is the same.
    await add('{"times":1,"status":503,"route":"health"}');
    await problem().getByText('This fault is in force already.').waitFor();
    expect(emulator.faults.list()).toHaveLength(1);

    expect((await fetch(`${emulator.url}/health`)).status).toBe(503);
    await row.getByText('spent: struck 1 of 1 request').waitFor();
    await add('{ "route": "health", "status": 503 }');
    await row.getByText('struck 0 of 0 requests').waitFor();
    // The page may show it before it has removed the other.
    await expect.poll(() => emulator.faults.list()).toMatchObject([{ hits: 0 }]);
    expect(await problem().textContent()).toBe('');
  });

  it('a double click adds one fault', async () => {
    const { page, emulator } = the;
    await page.getByRole('button', { name: 'Add fault' }).dblclick();
    await problem().getByText('This fault is in force already.').waitFor();
    expect(emulator.faults.list()).toHaveLength(1);
  });

  it('what the form has when the button is pressed is added, whatever is written next', async () => {
    const { page, emulator } = the;
    let answer = (): void => undefined;
    const written = new Promise<void>((resolve) => {
      answer = resolve;
    });
    // The page asks what is in force first.
    await page.route('**/_emulator/state', async (route) => {
      await written;
      await route.continue();
    });
    await add('{ "route": "list", "status": 500 }');
    await page.getByLabel('Fault', { exact: true }).fill('{ "route": "put" ');
    answer();
    await page.getByRole('status').getByText('The fault is in force.').waitFor();
    expect(emulator.faults.list()).toMatchObject([{ fault: { route: 'list', status: 500 } }]);
  });

  it('an example is shown in words, and each fault can be removed', async () => {
    const { page, emulator } = the;
    await page.getByLabel('Example').selectOption('The upload stalls after 64 KiB');
    await page.getByRole('button', { name: 'Add fault' }).click();
    await page.locator('#faults').getByText('The upload stalls after 64 KiB').waitFor();
    await add('{ "route": "list", "status": 500 }');
    await expect.poll(() => page.locator('#faults li').count()).toBe(2);
    await page.getByRole('button', { name: 'Remove the fault {"route":"put"' }).click();
    await expect.poll(() => page.locator('#faults li').count()).toBe(1);
    expect(emulator.faults.list()).toMatchObject([{ fault: { route: 'list', status: 500 } }]);
    await expect.poll(() => page.evaluate('document.activeElement.name')).toBe('fault');
  });

  it('a double click removes one fault, although another is where it was', async () => {
    const { page, emulator } = the;
    // Otherwise the page scrolls to the field that gets the focus.
    await page.setViewportSize({ width: 1280, height: 2000 });
    for (const status of [500, 502]) emulator.faults.add({ route: 'list', status });
    const rows = page.locator('#faults li');
    await rows.nth(1).waitFor();
    const { x, y } = (await rows.first().getByRole('button').boundingBox()) ?? { x: 0, y: 0 };
    for (const clickCount of [1, 2]) {
      await page.mouse.move(x + 5, y + 5);
      await page.mouse.down({ clickCount });
      await page.mouse.up({ clickCount });
      await expect.poll(() => rows.count()).toBe(1);
    }
    // What the second click does comes before what is done next.
    await add('{ "route": "put", "status": 500 }');
    await expect.poll(() => rows.count()).toBe(2);
    expect(emulator.faults.list().map(({ fault }) => fault.status)).toEqual([500, 500]);
  });

  it('the newest four are shown, and more of them when asked', async () => {
    const { page, emulator } = the;
    for (let status = 500; status < 506; status += 1) emulator.faults.add({ route: 'list', status });
    const rows = page.locator('#faults li');
    await expect.poll(() => rows.count()).toBe(4);
    expect(await rows.first().textContent()).toContain('505');
    await page.getByRole('button', { name: 'Show 2 more of 6' }).click();
    expect(await rows.count()).toBe(6);
  });

  it('the line for a terminal adds the fault of the form', async () => {
    const { page, emulator, copy } = the;
    const fault = { route: 'list', status: 500, body: "It's a text" } as const;
    await page.getByLabel('Fault', { exact: true }).fill(JSON.stringify(fault));
    await run('sh', ['-c', `${await copy('the fault as a curl line')} --fail --silent`]);
    expect(emulator.faults.list()).toMatchObject([{ fault }]);
    await page.locator('#faults').getByText("It's a text").waitFor();
  });
});
