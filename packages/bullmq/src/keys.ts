import { keyOfUrl } from '@imgwire/core';
import type { FileImport, ImportItem, UrlImport } from './import-item.ts';

/** The key under which an item is imported. @throws TypeError for what is no item */
export function keyOf(item: ImportItem): string {
  const { url, path, idempotencyKey } = item as Partial<UrlImport & FileImport>;
  const key = idempotencyKey ?? (typeof url === 'string' ? keyOfUrl(url) : undefined);
  const isItem = typeof url === 'string' || typeof path === 'string';
  if (isItem && typeof key === 'string' && /^\P{Surrogate}{1,255}$/su.test(key)) return key;
  throw new TypeError(
    `An item must have a url, or a path and an idempotencyKey, of 1 to 255 characters: ${JSON.stringify(item)}`,
  );
}

/** A key as the id of a job: BullMQ takes no integer and no colon. */
export const jobIdOf = (key: string): string => `key-${encodeURIComponent(key)}`;
