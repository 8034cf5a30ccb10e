/** Names that other libraries and earlier versions have for an option, in the spelling of {@link plain}. */
const OTHER_NAMES: Readonly<Record<string, string | readonly string[]>> = {
  afterwards: 'afterProcessing',
  allowedformats: 'accept',
  allowedmimetypes: 'accept',
  allowedtypes: 'accept',
  answerafterbytes: 'respondAfterBytes',
  antivirus: 'scan',
  concurrency: 'maxConcurrentUploads',
  contenttype: 'mimeType',
  endpoint: 'baseUrl',
  filefilter: 'accept',
  filter: 'accept',
  filetypes: 'accept',
  formats: 'accept',
  global: 'isGlobal',
  hash: 'hashAlgorithm',
  hosts: 'allowedHosts',
  key: 'apiKey',
  maxcount: 'files',
  maxfiles: 'files',
  maxfilesize: 'fileSize',
  maxretries: 'maxAttempts',
  maxsize: 'fileSize',
  maxwidth: 'maxPixels',
  mimetypes: 'accept',
  onundofailed: 'onRollbackFailed',
  origin: 'allowedOrigins',
  origins: 'allowedOrigins',
  pagesize: 'limit',
  perpage: 'limit',
  proxy: 'dispatcher',
  retries: 'maxAttempts',
  schema: 'form',
  size: 'fileSize',
  sizelimit: 'fileSize',
  timeout: ['timeoutMs', 'requestTimeoutMs', 'stallTimeoutMs'],
  token: 'apiKey',
  types: 'accept',
  url: 'baseUrl',
  validate: 'form',
  virusscan: 'scan',
};

/** No option has so long a name, and to compare two takes the product of their lengths. */
const LONGEST = 40;

/**
 * Returns the known name that an unknown one was most likely meant to be. It is the same but for case, dashes and underscores, or
 * another library's name for it, or it differs in few letters. Undefined if none is near.
 *
 * @param known the names, the most likely first; of `limits.fileSize` only the last word counts
 */
export function didYouMean(name: string, known: Iterable<string>): string | undefined {
  if (name.length > LONGEST) return undefined;
  const meant = plain(name);
  const others = Object.hasOwn(OTHER_NAMES, meant) ? [OTHER_NAMES[meant] ?? []].flat().map(plain) : [];
  let found: string | undefined;
  // One letter of a short name, three of a long one.
  let most = Math.max(1, Math.floor(meant.length / 3)) + 1;
  for (const candidate of known) {
    const word = lastWord(candidate);
    const distance = others.includes(word) ? 0 : distanceOf(meant, word);
    if (distance < most) [found, most] = [candidate, distance];
  }
  return found;
}

/** Returns the three known names at most that are most like an unknown one: half of its letters at most are changed. */
export function threeNearest(name: string, known: readonly string[]): string[] {
  const given = plain(name.slice(0, LONGEST));
  return known
    .map((candidate) => ({ candidate, distance: distanceOf(given, lastWord(candidate)) }))
    .filter(({ distance }) => distance <= given.length / 2)
    .toSorted((a, b) => a.distance - b.distance)
    .slice(0, 3)
    .map(({ candidate }) => candidate);
}

const lastWord = (name: string): string => plain(name.slice(name.lastIndexOf('.') + 1));
const plain = (name: string): string => name.replaceAll(/[-_]/g, '').toLowerCase();

/** Counts the letters to add, remove or replace, which is Levenshtein's distance. Two that are swapped count as one. */
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
