import { type ImgwireImage, toImage } from '../image/image.ts';
import { positive, upTo } from '../options/checks.ts';
import type { Check } from '../options/option-problem.ts';
import { assertOptions } from '../options/validate.ts';
import { retry } from '../service/retry.ts';
import type { ListQuery, Page } from '../service/service.ts';
import type { Context } from '../upload/context.ts';

/** The checks of a {@link ListQuery}. */
export const LIST_CHECKS: Readonly<Record<keyof ListQuery, Check>> = { page: positive, limit: upTo(100) };

/**
 * Returns one page.
 *
 * @param caller the method, for the error
 * @throws ImgwireError those of the service; TypeError for a wrong `query`
 */
export async function list(
  { service, retries, shutdown }: Context,
  query: ListQuery = {},
  signal?: AbortSignal,
  caller = 'list()',
): Promise<Page<ImgwireImage>> {
  assertOptions(caller, query, LIST_CHECKS);
  const page = await shutdown.runCall(signal, (either) =>
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
  context: Context,
  query: ListQuery = {},
  signal?: AbortSignal,
  caller = 'listPages()',
): AsyncGenerator<Page<ImgwireImage>, void, void> {
  let next: ListQuery | undefined = query;
  while (next) {
    const page: Page<ImgwireImage> = await list(context, next, signal, caller);
    yield page;
    const { nextPage } = page.pagination;
    next = nextPage === null ? undefined : { ...query, page: nextPage };
  }
}

/** Yields the images of {@link listPages}, one by one. @throws as {@link list} */
export async function* listAll(
  context: Context,
  query?: ListQuery,
  signal?: AbortSignal,
): AsyncGenerator<ImgwireImage, void, void> {
  for await (const { data } of listPages(context, query, signal, 'listAll()')) yield* data;
}
