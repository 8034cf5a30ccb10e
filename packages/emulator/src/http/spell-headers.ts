import type { OutgoingHttpHeaders } from 'node:http';

/** The names whose parts do not begin with one capital each (RFC 9110, 8.8.3 and 11.6.1). */
const IRREGULAR: ReadonlyMap<string, string> = new Map([
  ['etag', 'ETag'],
  ['www-authenticate', 'WWW-Authenticate'],
]);

/**
 * Headers in the spelling of the contract and of HTTP, whatever the case they were written in here: some clients look
 * them up by case. A name that a fault spells with capitals of its own stays. Of two of one name the later counts; one that
 * is undefined is left out.
 */
export function spellHeaders(headers: OutgoingHttpHeaders): OutgoingHttpHeaders {
  const given = Object.entries(headers).filter(([, value]) => value !== undefined);
  const byName = new Map(given.map(([name, value]) => [name.toLowerCase(), [spell(name), value]] as const));
  return Object.fromEntries(byName.values());
}

function spell(name: string): string {
  if (/[A-Z]/.test(name)) return name;
  return IRREGULAR.get(name) ?? name.replace(/(^|-)[a-z]/g, (start) => start.toUpperCase());
}
