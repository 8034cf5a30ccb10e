import { idempotencyKeyForUrl } from '@imgwire/core';
import { assertOptions, type Checks } from '@imgwire/core/adapter';
import type { FileImport, ImportItem, UrlImport } from './import-item.ts';

/** The idempotency key of an item. @throws TypeError that begins with `which`, for a value that is no item */
export function keyOf(item: ImportItem, which = 'An item'): string {
  const { url, path, idempotencyKey } = Object(item) as Partial<UrlImport & FileImport>;
  const key = idempotencyKey ?? (typeof url === 'string' ? idempotencyKeyForUrl(url) : undefined);
  const isItem = typeof url === 'string' || typeof path === 'string';
  if (isItem && typeof key === 'string' && /^\P{Surrogate}{1,255}$/su.test(key)) return key;
  throw new TypeError(
    `${which} must have a url, or a path and an idempotencyKey, of 1 to 255 characters: ${show(item)}`,
  );
}

/** The id of a job from a key. BullMQ takes neither an integer nor a colon. */
export const jobIdOf = (key: string): string => `key-${encodeURIComponent(key)}`;

/** For the message. The value may be anything: JSON has no BigInt and no circle. */
function show(item: unknown): string {
  try {
    return `${JSON.stringify(item)}`;
  } catch {
    return String(item);
  }
}

/** The import itself checks these values: a wrong one then fails its item, not the whole run. */
const unchecked = (): undefined => undefined;
const wait: Checks[string] = (value) =>
  typeof value === 'boolean' || (typeof value === 'number' && value > 0 && value < 2 ** 31)
    ? undefined
    : 'a boolean, or a number of milliseconds';
const SHARED = {
  ...{ idempotencyKey: unchecked, purpose: unchecked, customMetadata: unchecked, fileName: unchecked },
  waitUntilReady: wait,
};
const OF_URL: Checks = { url: unchecked, mimeType: unchecked, ...SHARED };
const OF_FILE: Checks = { path: unchecked, ...SHARED };

/** The job of an item. @throws TypeError for a value that is no item, and for an unknown name in it */
export function jobOf(
  data: ImportItem,
  index: number,
): { name: string; data: ImportItem; opts: { jobId: string } } {
  const which = `importQueue().add(): item ${index}`;
  const jobId = jobIdOf(keyOf(data, which));
  assertOptions(which, data, 'url' in data ? OF_URL : OF_FILE);
  return { name: 'import', data, opts: { jobId } };
}
