import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';

// What is used inside the page. The whole DOM library would be there for every package.
declare const document: { readonly documentElement: { readonly scrollWidth: number } };
interface LayoutShift {
  readonly value: number;
}
declare class PerformanceObserver {
  constructor(report: (entries: { getEntries(): readonly LayoutShift[] }) => void);
  observe(options: { readonly type: string; readonly buffered: boolean }): void;
  takeRecords(): readonly LayoutShift[];
}
declare function requestAnimationFrame(callback: () => void): number;

/** Every rule of axe once for each width; what the other scheme changes are the colours. */
const SCREENS = [
  { colorScheme: 'light', width: 1280, rules: undefined },
  { colorScheme: 'dark', width: 1280, rules: ['color-contrast'] },
  { colorScheme: 'dark', width: 360, rules: undefined },
  { colorScheme: 'light', width: 360, rules: ['color-contrast'] },
] as const;

/** Expects that axe finds nothing on the page as it is now, and that it fits: light and dark, wide and narrow. */
export async function expectGoodPage(page: Page): Promise<void> {
  for (const { colorScheme, width, rules } of SCREENS) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await page.setViewportSize({ width, height: 800 });
    expect({ colorScheme, width, found: await findWithAxe(page, rules) }).toMatchObject({ found: [] });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
  }
}

/** What axe finds on the page as it is now, by all of its rules or by some. */
export async function findWithAxe(page: Page, rules?: readonly string[]): Promise<string[][]> {
  // Legacy mode: without frames there is no need for a second page.
  const axe = new AxeBuilder({ page }).setLegacyMode();
  const { violations } = await (rules ? axe.withRules([...rules]) : axe).analyze();
  return violations.map(({ id, nodes }) => [id, ...nodes.map(({ html }) => html)]);
}

/** Sums up how far things on the page jump since it was loaded. Returns a function that reads the sum. */
export async function recordShifts(page: Page): Promise<() => Promise<number>> {
  const recorded = await page.evaluateHandle(() => {
    let sum = 0;
    const add = (shifts: readonly LayoutShift[]): void => {
      for (const { value } of shifts) sum += value;
    };
    const observer = new PerformanceObserver((list) => add(list.getEntries()));
    observer.observe({ type: 'layout-shift', buffered: true });
    return async () => {
      // A shift is recorded after the frame that shows it, and reported when the browser has time.
      for (let frame = 0; frame < 3; frame += 1) {
        await new Promise<void>((resolve) => requestAnimationFrame(() => resolve()));
      }
      add(observer.takeRecords());
      return sum;
    };
  });
  return () => recorded.evaluate((read) => read());
}

/** Moves the focus with the Tab key to the element with the name or id, over at most so many others. */
export async function tabTo(page: Page, wanted: string, most = 80): Promise<void> {
  const seen: string[] = [];
  for (let count = 0; count < most; count += 1) {
    await page.keyboard.press('Tab');
    const focused: string = await page.evaluate(
      `((e) => e.getAttribute('aria-label') ?? (e.id ? '#' + e.id : e.name ? '@' + e.name : e.textContent.trim()))(document.activeElement)`,
    );
    if (focused === wanted || (focused.startsWith(wanted) && !wanted.startsWith('#'))) return;
    seen.push(focused);
  }
  throw new Error(`Tab does not reach ${wanted}, only ${seen.join(', ')}`);
}
