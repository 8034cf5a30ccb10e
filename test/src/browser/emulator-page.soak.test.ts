import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import { promisify } from 'node:util';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { makeImage } from '../support/images.ts';
import { listen } from '../support/listen.ts';
import { onDisk } from './browser-files.ts';
import { useEmulatorPage } from './emulator-page.ts';
import { expectGoodPage, findWithAxe, tabTo } from './page-checks.ts';

const run = promisify(execFile);

describe('the page of the emulator, in Chromium', () => {
  const the = useEmulatorPage();

  it('says why an image is in quarantine, and which transformation is not applied', async () => {
    const { page, upload, uploadText, card } = the;
    await uploadText();
    await upload('lake.jpg');
    await card('notes.png').click();
    await page.getByText('In quarantine. Its bytes are not an image of a type that Imgwire takes.').waitFor();
    expect(await page.locator('#delivery').isVisible()).toBe(false);
    await page.keyboard.press('Escape');
    await card('lake.jpg').click();
    await page.getByLabel('Transformations').fill('w=100&gradient=ff0000');
    await page.getByRole('status').getByText('Not applied: gradient.').waitFor();
    await page.getByLabel('Transformations').fill('w=nothing');
    await page.getByRole('alert').getByText('400: "w"').waitFor();
    expect(await page.getByText('Not applied').count()).toBe(0);
  });

  it('opens an image in a sheet that Escape, its button and a press beside it close', async () => {
    const { page, upload, card } = the;
    await upload('lake.jpg');
    const sheet = page.getByRole('dialog', { name: 'lake.jpg' });
    const closings = [
      () => page.keyboard.press('Escape'),
      () => sheet.getByRole('button', { name: 'Close' }).click(),
      () => page.mouse.click(20, 400),
    ];
    for (const close of closings) {
      await card('lake.jpg').click();
      await sheet.getByText('ready · 1200 × 900').waitFor();
      await close();
      await sheet.waitFor({ state: 'hidden' });
      await expect.poll(() => page.evaluate('document.activeElement.className')).toBe('image');
    }
  });

  it('shows the end of a name that is too long, in the card and in the log, and says the whole name', async () => {
    const { page, upload, entries } = the;
    const name = `${'a-very-long-name-'.repeat(8)}-no-17.jpg`;
    await upload(name);
    await page.setViewportSize({ width: 360, height: 640 });
    const card = page.getByRole('button', { name: `${name}, 1200 × 900` });
    await card.waitFor();
    await entries().getByText('-no-17.jpg').waitFor();
    for (const around of [card, entries()]) {
      const end = around.locator('.name > :last-child');
      expect(await end.textContent()).toMatch(/-no-17\.jpg$/);
      const [whole, shown] = await Promise.all([around.boundingBox(), end.boundingBox()]);
      expect(Number(shown?.width)).toBeGreaterThan(40);
      expect(Number(shown?.x) + Number(shown?.width)).toBeLessThan(Number(whole?.x) + Number(whole?.width));
    }
  });

  it('copies the URL and the id of an image, opens it in a tab, and deletes it', async () => {
    const { page, emulator, upload, card, copy } = the;
    const { id, cdn_url: url } = await upload('lake.jpg');
    await upload('other.jpg');
    await card('lake.jpg').click();
    expect(await copy('the id')).toBe(id);
    expect(await page.getByRole('dialog').getByRole('status').first().textContent()).toBe('Copied the id.');
    expect(await copy('the URL of the image')).toBe(url);
    expect(await copy('the URL of the delivery')).toBe(`${url}?width=320&format=auto`);
    const opened = page.waitForEvent('popup');
    await page.getByRole('link', { name: 'Open' }).click();
    await (await opened).waitForURL(url);

    await page.getByRole('button', { name: 'Delete' }).click();
    await card('lake.jpg').waitFor({ state: 'detached' });
    expect(emulator.images.list().map((record) => record.original_filename)).toEqual(['other.jpg']);
    // The page may have seen that the image is gone before it has the response to its own request.
    await expect.poll(() => page.getByRole('status').first().textContent()).toBe('lake.jpg is deleted.');
    expect(await page.getByRole('dialog').count()).toBe(0);
    expect(await page.evaluate('document.activeElement.dataset.id')).toBe(emulator.images.list()[0]?.id);
  });

  it('says that an image is not deleted, and keeps it open', async () => {
    const { page, emulator, upload, card } = the;
    await upload('lake.jpg');
    emulator.faults.add({ route: 'delete', status: 500 });
    await card('lake.jpg').click();
    await page.getByRole('button', { name: 'Delete', exact: true }).click();
    await page.getByRole('alert').getByText('It is not deleted: 500.').waitFor();
    expect(emulator.images.list()).toHaveLength(1);
  });

  it('deletes an image once at a double click', async () => {
    const { page, emulator, upload, card } = the;
    await upload('lake.jpg');
    const stall = emulator.faults.add({ route: 'delete', stallAfterBytes: 0 });
    await card('lake.jpg').click();
    await page.getByRole('button', { name: 'Delete', exact: true }).dblclick({ force: true });
    await emulator.waitFor(({ requests }) => requests.some(({ route }) => route === 'delete'));
    stall.remove();
    await page.getByRole('status').getByText('lake.jpg is deleted.').waitFor();
    expect(emulator.requests.filter(({ route }) => route === 'delete')).toHaveLength(1);
  });

  it('leads back to the page whose link has led to it, also when it is loaded anew', async () => {
    const { page, emulator } = the;
    expect(await page.getByRole('link', { name: 'Back to' }).count()).toBe(0);
    const app = createServer((_, response) =>
      response.setHeader('content-type', 'text/html').end(`<a href="${emulator.url}">the emulator</a>`),
    );
    onTestFinished(() => void app.close());
    const address = await listen(app);
    await page.goto(`${address}/uploads?secret=1`);
    await page.getByRole('link').click();
    const back = page.getByRole('link', { name: `Back to ${new URL(address).host}` });
    await back.waitFor();
    await page.reload();
    await back.click();
    await page.getByRole('link', { name: 'the emulator' }).waitFor();
    await page.waitForURL(`${address}/`);
  });

  it('shows an image that its empty page says how to upload', async () => {
    const { page, card, copy } = the;
    const path = await onDisk({
      name: 'lake.jpg',
      type: 'image/jpeg',
      bytes: await makeImage('image/jpeg', { width: 40, height: 30 }),
    });
    const line = await copy('the line', page.locator('#first-upload'));
    await run('sh', ['-c', line.replace('-T lake.jpg', `-T '${path}'`)]);
    await card('lake.jpg').getByText('40 × 30').waitFor();
    await page.getByText('No images yet').waitFor({ state: 'hidden' });
  });

  // What takes the browser seconds.
  if (!inject('soak')) return;

  it('has no finding of axe and fits a narrow screen, empty and with all that it can show', async () => {
    const { page, emulator, upload, uploadText, rejectOne, card, entries, complaints } = the;
    await page.getByText('No images yet').waitFor();
    await page.getByText('No requests yet').waitFor();
    await expectGoodPage(page);

    await upload('lake.jpg');
    await uploadText();
    await rejectOne();
    await fetch(`${emulator.url}/${'a-very-long-path/'.repeat(40)}`);
    emulator.faults.add({ route: 'list', status: 503, times: null });
    // The newest row may not be here yet.
    await entries().getByText('422', { exact: true }).click();
    await page.getByText('Why it was rejected').waitFor();
    await entries().getByText('lake.jpg').click();
    await page.getByText('PUT /uploads/').waitFor();
    await page.getByLabel('Fault', { exact: true }).fill('{ "route": "put" ');
    await page.getByRole('button', { name: 'Add fault' }).click();
    await page.getByRole('alert').getByText('Line 1').waitFor();
    await expectGoodPage(page);

    await card('lake.jpg').click();
    await page.getByLabel('Transformations').fill('width=320&duotone=000000:ffffff');
    await page.getByText('Not applied: duotone').waitFor();
    await expectGoodPage(page);
    await page.keyboard.press('Escape');

    await page.getByRole('button', { name: 'Forget all…' }).click();
    await page.getByRole('dialog', { name: 'Forget everything?' }).waitFor();
    expect(await findWithAxe(page)).toEqual([]);
    expect(complaints).toEqual([]);
  });

  it('copies the keys, the lines for the environment and the record', async () => {
    const { page, emulator, upload, card, copy } = the;
    expect(await copy('the server key')).toBe(emulator.apiKey);
    expect(await page.getByRole('status').first().textContent()).toBe('Copied the server key.');
    expect(await copy('the lines for the environment')).toBe(
      `IMGWIRE_API_BASE_URL=${emulator.url}\nIMGWIRE_API_KEY=${emulator.apiKey}`,
    );
    const { id } = await upload('lake.jpg');
    await card('lake.jpg').click();
    expect(JSON.parse(await copy('the record'))).toMatchObject({ id, original_filename: 'lake.jpg' });
  });

  it('shows two rows of images, and more of them when asked', async () => {
    const { page, upload } = the;
    for (let count = 1; count <= 14; count += 1) await upload(`${count}.jpg`);
    const cards = page.locator('#images button');
    await expect.poll(() => cards.count()).toBe(12);
    await page.getByRole('button', { name: 'Show 2 more of 14' }).click();
    expect(await cards.count()).toBe(14);
    expect(await page.evaluate('document.activeElement.textContent')).toContain('2.jpg');
    // No part of the gallery scrolls by itself.
    expect(await page.locator('#images').evaluate((list) => list.scrollHeight - list.clientHeight)).toBe(0);
  });

  it('says when the emulator does not respond, and when it does again', async () => {
    const { page } = the;
    const lost = page.getByText('The emulator does not respond.');
    await page.route('**/_emulator/state', (route) => route.abort());
    await lost.waitFor();
    await page.unroute('**/_emulator/state');
    await lost.waitFor({ state: 'hidden' });
  });

  it('is used with the keyboard alone', async () => {
    const { page, emulator, upload, rejectOne, card, entries } = the;
    await upload('lake.jpg');
    await rejectOne();
    await card('lake.jpg').waitFor();
    await page.locator('body').focus();

    // Choose an image, transform it, leave it.
    await tabTo(page, 'lake.jpg');
    await page.keyboard.press('Enter');
    await tabTo(page, '@query');
    await page.keyboard.press('ControlOrMeta+A');
    await page.keyboard.type('width=80');
    await page.getByText('80 × 60').waitFor();
    await page.keyboard.press('Escape');

    // Filter the log, open a row.
    await tabTo(page, '#filter-text');
    await page.keyboard.type('too_short');
    await expect.poll(() => entries().count()).toBe(1);
    await tabTo(page, '@failed');
    await page.keyboard.press('Space');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByText('Why it was rejected').waitFor();

    // Add a fault, remove it.
    await tabTo(page, '#fault-examples');
    await page.keyboard.press('ArrowDown');
    await tabTo(page, 'Add fault');
    await page.keyboard.press('Enter');
    await expect.poll(() => emulator.faults.list()).toHaveLength(1);
    const remove = page.getByRole('button', { name: 'Remove the fault' });
    await remove.waitFor();
    for (let count = 0; count < 4; count += 1) await page.keyboard.press('Shift+Tab');
    expect(await remove.evaluate((button) => button.matches(':focus'))).toBe(true);
    await page.keyboard.press('Enter');
    await expect.poll(() => emulator.faults.list()).toEqual([]);
    // The page moves the focus when it has the response.
    await expect.poll(() => page.evaluate('document.activeElement.name')).toBe('fault');

    // Forget everything, at the second try.
    await tabTo(page, '#forget');
    await page.keyboard.press('Enter');
    await page.getByText('1 image, 3 requests and 0 faults').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.keyboard.press('Enter');
    await page.getByText('1 image, 3 requests and 0 faults').waitFor();
    expect(emulator.images.list()).toHaveLength(1);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByText('No images yet').waitFor();
    expect(emulator.images.list()).toEqual([]);
  });
});
