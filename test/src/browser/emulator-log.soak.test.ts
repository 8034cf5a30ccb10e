import { describe, expect, inject, it } from 'vitest';
import { useEmulatorPage } from './emulator-page.ts';

describe('the log on the page of the emulator, in Chromium', () => {
  const the = useEmulatorPage();

  it('has one entry for an image: its create, its PUTs and its deliveries, and how long the upload took', async () => {
    const { page, emulator, upload, entries } = the;
    emulator.faults.add({ route: 'put', status: 503, delayMs: 60 });
    const { id, cdn_url: url } = await upload('lake.jpg');
    for (const query of ['', '@thumbnail', '?width=80'])
      await fetch(url + query).then((r) => r.arrayBuffer());
    const entry = entries().filter({ hasText: id });
    await entry.getByText('cdn × 3').waitFor();
    expect(await entries().count()).toBe(1);
    expect(await entry.locator('.name').textContent()).toBe('lake.jpg');
    expect(await entry.locator('.step').allTextContents()).toEqual(['create', 'put 503', 'put', 'cdn × 3']);
    expect(await entry.locator('.outcome').textContent()).toBe('1 failed');
    const [create] = emulator.requests;
    const last = emulator.requests.findLast(({ route }) => route === 'put');
    const took = Number(last?.endedAt) - Number(create?.startedAt);
    expect(took).toBeGreaterThanOrEqual(60);
    expect(await entry.locator('.took').textContent()).toBe(
      took < 1000 ? `${took} ms` : `${Number((took / 1000).toFixed(1))} s`,
    );

    await entry.click();
    const rows = page.locator('#requests .rows summary');
    await expect
      .poll(() => rows.locator('.route').allTextContents())
      .toEqual(['cdn', 'cdn', 'cdn', 'put', 'put', 'create']);
    // The id of the image is whole, whatever is before it.
    expect(await rows.nth(1).locator('.target').textContent()).toMatch(
      new RegExp(`^GET /[0-9a-f]{4}…/[0-9a-f]{4}…/${id}@thumbnail$`),
    );
    await page.getByRole('button', { name: 'Show the image' }).click();
    await page.getByRole('dialog', { name: 'lake.jpg' }).waitFor();
  });

  it('says that an image went to quarantine', async () => {
    const { uploadText, entries } = the;
    await uploadText();
    await entries().filter({ hasText: 'notes.png' }).getByText('quarantine').waitFor();
  });

  it('keeps pictures of the page out of it, and open rows open while requests come in', async () => {
    const { page, emulator, upload, card, entries } = the;
    await upload('lake.jpg');
    await card('lake.jpg').click();
    await page.getByText('320 × 240').waitFor();
    await page.keyboard.press('Escape');
    await entries().getByText('lake.jpg').click();
    await page.locator('.rows summary').getByText('POST /api/v1/images/standard_upload').click();
    await page.getByText('"file_name": "lake.jpg"').waitFor();
    await page.getByText('authorization: [redacted]').waitFor();
    await upload('other.jpg');
    await expect.poll(() => entries().count()).toBe(2);
    expect(await page.getByText('"file_name": "lake.jpg"').isVisible()).toBe(true);
    expect(await page.locator('main').textContent()).not.toContain(
      `authorization: Bearer ${emulator.apiKey}\n`,
    );
    expect(emulator.requests.map(({ route }) => route)).toEqual(['create', 'put', 'create', 'put']);
  });

  // What takes the browser seconds.
  if (!inject('soak')) return;

  it('has all of a group and of a request in the frame that opens them', async () => {
    const { page, upload, entries } = the;
    const { id } = await upload('lake.jpg');
    await entries().filter({ hasText: id }).waitFor();
    // What is there when the click is over, before the browser has told the page that it is open.
    const opened: string[] = await page.evaluate(`
      ['#requests summary', '#requests .rows summary'].map((summary) => {
        document.querySelector(summary).click();
        return document.querySelector(summary).nextElementSibling.textContent;
      })
    `);
    expect(opened).toEqual([
      expect.stringContaining('create'),
      expect.stringContaining('content-type: image/jpeg'),
    ]);
  });

  it('does not move under a press', async () => {
    const { page, emulator, rejectOne, entries } = the;
    await rejectOne();
    await entries().getByText('422', { exact: true }).hover();
    await page.mouse.down();
    const told = page.waitForResponse(async (response) => (await response.text()).includes('"/health"'));
    await fetch(`${emulator.url}/health`);
    await told;
    await page.mouse.up();
    await page.getByText('Why it was rejected').waitFor();
    await expect.poll(() => entries().count()).toBe(2);
  });

  it('filters by text, by route and by failure, and then lists single requests', async () => {
    const { page, upload, rejectOne, entries } = the;
    await upload('lake.jpg');
    await rejectOne();
    await expect.poll(() => entries().count()).toBe(2);
    await page.getByLabel('Failed only').check();
    expect(await entries().allTextContents()).toEqual([expect.stringContaining('422')]);
    expect(await page.locator('#requests-count').textContent()).toBe('1 of 3');
    await page.getByLabel('Failed only').uncheck();
    await page.getByLabel('Route').selectOption('put');
    expect(await entries().allTextContents()).toEqual([expect.stringContaining('PUT')]);
    await page.getByLabel('Filter by').fill('lake.jpg');
    await page.getByText('No request matches the filter.').waitFor();
    await page.getByLabel('Route').selectOption('All routes');
    expect(await entries().count()).toBe(1);
  });

  it('is bounded, shows more when asked, and leaves the faults beside it', async () => {
    const { page, emulator, entries } = the;
    for (let count = 0; count < 40; count += 1) await fetch(`${emulator.url}/health`);
    await expect.poll(() => page.locator('#requests-count').textContent()).toBe('40');
    expect(await entries().count()).toBe(15);
    const tops = await Promise.all(
      ['#requests-title', '#faults-title'].map((title) => page.locator(title).boundingBox()),
    );
    expect(Math.abs(Number(tops[0]?.y) - Number(tops[1]?.y))).toBeLessThan(30);
    await page.getByRole('button', { name: 'Show 25 more of 40' }).click();
    expect(await entries().count()).toBe(40);
    expect(await page.getByRole('button', { name: /^Show/ }).count()).toBe(0);
    expect(
      await entries()
        .nth(15)
        .evaluate((row) => row.matches(':focus')),
    ).toBe(true);
  });

  it('leads to the faults on a narrow screen', async () => {
    const { page, emulator, entries } = the;
    await page.setViewportSize({ width: 390, height: 844 });
    await page.reload();
    for (let count = 0; count < 40; count += 1) await fetch(`${emulator.url}/health`);
    await expect.poll(() => entries().count()).toBe(10);
    await page.getByRole('link', { name: 'Faults' }).click();
    const top = async (): Promise<number> => Number((await page.locator('#faults-title').boundingBox())?.y);
    await expect.poll(top).toBeLessThan(844);
    expect(await top()).toBeGreaterThan(0);
  });
});
