import type { OutgoingHttpHeaders } from 'node:http';

/** Names with other capitals than the first of each part (RFC 9110, 8.8.3 and 11.6.1). */
const IRREGULAR: ReadonlyMap<string, string> = new Map([
  ['etag', 'ETag'],
  ['www-authenticate', 'WWW-Authenticate'],
]);

/**
 * Spells headers as the contract and HTTP do, since some clients look them up by case. A name that a fault spells with its own
 * capitals stays. Of two with the same name the later counts. Undefined ones are left out.
 */
export function toHeaderCase(headers: OutgoingHttpHeaders): OutgoingHttpHeaders {
  const given = Object.entries(headers).filter(([, value]) => value !== undefined);
  const byName = new Map(
    given.map(([name, value]) => [name.toLowerCase(), [headerCase(name), value]] as const),
  );
  return Object.fromEntries(byName.values());
}

function headerCase(name: string): string {
  if (/[A-Z]/.test(name)) return name;
  return IRREGULAR.get(name) ?? name.replace(/(^|-)[a-z]/g, (start) => start.toUpperCase());
}
