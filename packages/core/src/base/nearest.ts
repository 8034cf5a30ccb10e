/** Names that other libraries and frameworks have for an option, in the spelling of {@link plain}. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  allowedformats: 'accept',
  allowedmimetypes: 'accept',
  allowedtypes: 'accept',
  contenttype: 'mimeType',
  filefilter: 'accept',
  filetypes: 'accept',
  formats: 'accept',
  global: 'isGlobal',
  hosts: 'allowedHosts',
  key: 'apiKey',
  maxcount: 'files',
  maxfiles: 'files',
  maxfilesize: 'fileSize',
  maxsize: 'fileSize',
  mimetypes: 'accept',
  origin: 'allowedOrigins',
  origins: 'allowedOrigins',
  pagesize: 'limit',
  perpage: 'limit',
  size: 'fileSize',
  sizelimit: 'fileSize',
  timeout: 'timeoutMs',
  token: 'apiKey',
  types: 'accept',
};

/** No option has a name of this length; comparing takes the product of both. */
const LONGEST = 40;

/**
 * The known name that an unknown one was most likely meant to be: the same but for case, dashes and underscores, another
 * library's name for it, or one that differs in few letters. Undefined if none is near.
 *
 * @param known the names, the most likely first; of `limits.fileSize` only the last word counts
 */
export function nearest(name: string, known: Iterable<string>): string | undefined {
  if (name.length > LONGEST) return undefined;
  const meant = plain(name);
  const other = Object.hasOwn(OTHER_NAMES, meant) ? plain(OTHER_NAMES[meant] ?? '') : undefined;
  let found: string | undefined;
  // One letter of a short name, three of a long one.
  let most = Math.max(1, Math.floor(meant.length / 3)) + 1;
  for (const candidate of known) {
    const word = plain(candidate.slice(candidate.lastIndexOf('.') + 1));
    const distance = word === other ? 0 : distanceOf(meant, word);
    if (distance < most) [found, most] = [candidate, distance];
  }
  return found;
}

const plain = (name: string): string => name.replaceAll(/[-_]/g, '').toLowerCase();

/** How many letters must be added, removed or replaced, which is Levenshtein's distance; two that are swapped count as one. */
function distanceOf(from: string, to: string): number {
  if (from !== to && sorted(from) === sorted(to)) return 1;
  let row = Array.from({ length: to.length + 1 }, (_, at) => at);
  for (let at = 1; at <= from.length; at++) {
    const last = row;
    row = [at];
    for (let column = 1; column <= to.length; column++) {
      const [added = 0, removed = 0, replaced = 0] = [row[column - 1], last[column], last[column - 1]];
      const same = from[at - 1] === to[column - 1];
      row.push(Math.min(added + 1, removed + 1, same ? replaced : replaced + 1));
    }
  }
  return row[to.length] ?? 0;
}

const sorted = (text: string): string => [...text].toSorted((a, b) => (a < b ? -1 : 1)).join('');
