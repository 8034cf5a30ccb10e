import type { OutgoingHttpHeaders } from 'node:http';

/** Names with other capitals than the first of each part (RFC 9110, 8.8.3 and 11.6.1). */
const IRREGULAR: ReadonlyMap<string, string> = new Map([
  ['etag', 'ETag'],
  ['www-authenticate', 'WWW-Authenticate'],
]);

/**
 * Headers in the spelling of the contract and of HTTP, whatever their case in our code: some clients look
 * them up by case. A name that a fault spells with its own capitals stays. Of two with the same name the later counts;
 * undefined ones are left out.
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
