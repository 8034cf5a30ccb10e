import type { IncomingHttpHeaders } from 'node:http';

/**
 * The status of a GET or HEAD whose ETag condition fails; undefined if it holds, or there is none.
 * `If-Match` compares strongly, `If-None-Match` weakly (RFC 9110, 13.1.1 and 13.1.2). Responses have no dates, so there
 * are no conditions on them.
 */
export function failedPrecondition(headers: IncomingHttpHeaders, etag: string): 304 | 412 | undefined {
  const { 'if-match': match, 'if-none-match': noneMatch } = headers;
  if (match !== undefined && !tagsOf(match).some((tag) => tag === '*' || tag === etag)) return 412;
  const isNamed = (tag: string): boolean => tag === '*' || tag.replace(/^W\//, '') === etag;
  return noneMatch !== undefined && tagsOf(noneMatch).some(isNamed) ? 304 : undefined;
}

/** The ETags of a list, or `*` alone; a tag may contain commas. */
function tagsOf(list: string): readonly string[] {
  return list.trim() === '*' ? ['*'] : (list.match(/(?:W\/)?"[^"]*"/g) ?? []);
}
