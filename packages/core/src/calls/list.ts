import { positive, upTo } from '../base/checks.ts';
import { assertOptions } from '../base/validate.ts';
import { type ImgwireImage, toImage } from '../image/image.ts';
import { retry } from '../service/retry.ts';
import type { ListQuery, Page } from '../service/service.ts';
import type { Connection } from '../store/connection.ts';

const CHECKS = { page: positive, limit: upTo(100) };

/**
 * Returns one page.
 *
 * @param who the method, for the error
 * @throws ImgwireUploadError those of the service; TypeError for a wrong `query`
 */
export async function list(
  { service, retries, lifetime }: Connection,
  query: ListQuery = {},
  signal?: AbortSignal,
  who = 'list()',
): Promise<Page<ImgwireImage>> {
  assertOptions(who, query, CHECKS);
  const page = await lifetime.runCall(signal, (either) =>
    retry(retries, either, () => service.list(query, either)),
  );
  return { ...page, data: page.data.map(toImage) };
}

/**
 * Yields every page from `query.page` on. The next one, which the service names, is requested once this one was consumed.
 *
 * @throws as {@link list}
 */
export async function* listPages(
  connection: Connection,
  query: ListQuery = {},
  signal?: AbortSignal,
  who = 'listPages()',
): AsyncGenerator<Page<ImgwireImage>, void, void> {
  let next: ListQuery | undefined = query;
  while (next) {
    const page: Page<ImgwireImage> = await list(connection, next, signal, who);
    yield page;
    const { nextPage } = page.pagination;
    next = nextPage === null ? undefined : { ...query, page: nextPage };
  }
}

/** Yields the images of {@link listPages}, one by one. @throws as {@link list} */
export async function* listAll(
  connection: Connection,
  query?: ListQuery,
  signal?: AbortSignal,
): AsyncGenerator<ImgwireImage, void, void> {
  for await (const { data } of listPages(connection, query, signal, 'listAll()')) yield* data;
}
