import { isIP } from 'node:net';
import type { ResolvedOptions } from '../options.ts';
import type { Call } from './call.ts';
import { domainError, type HttpError } from './errors.ts';

/** Which keys a route accepts. */
export type Access = 'server' | 'server_or_client' | 'public';

/**
 * The kind of key in the request.
 * @throws HttpError 401 without a key that this route accepts
 */
export function authorize(call: Call, access: Access): Call['key'] {
  if (access === 'public') return undefined;
  const { apiKey, clientKey } = call.service.state.identity;
  // The scheme is case-insensitive (RFC 9110, 11.1), the key is not.
  const key = /^bearer +(\S+) *$/i.exec(call.request.headers.authorization ?? '')?.[1];
  if (!key) throw invalidKey('Send a key: `Authorization: Bearer <key>`.');
  if (key === apiKey) return 'server';
  if (key !== clientKey) throw invalidKey('The key is not valid here.');
  if (access === 'server') throw invalidKey('A client key is not accepted here; use the server key.');
  return 'client';
}

function invalidKey(detail: string): HttpError {
  return domainError(401, 'InvalidTokenError', detail, { 'www-authenticate': 'Bearer' });
}

/**
 * Checks the `Host` of a request for the page or the controls, which need no key and show the keys. A page elsewhere can point a
 * name of its own at this machine (DNS rebinding), and then read what is here. It cannot do so with an address, nor with a name
 * without a dot, such as that of a container.
 * @throws HttpError 403 for a name that may belong to somebody else
 */
export function checkHost(given: string | undefined, { host, publicUrl }: ResolvedOptions): void {
  const name = nameOf(given ?? '');
  const isOurs =
    name === host.toLowerCase() || (publicUrl !== undefined && name === new URL(publicUrl).hostname);
  if (isOurs || isIP(name) !== 0 || !name.includes('.') || name.endsWith('.localhost')) return;
  throw domainError(
    403,
    'RequestError',
    'The page and the controls are for localhost, addresses and names without a dot. For another name, start the emulator with it as publicUrl (--public-url).',
  );
}

/** The host without its port, and without the brackets of an address or the dot of the root. */
function nameOf(host: string): string {
  const [, address, name = ''] = /^(?:\[([^\]]*)\]|([^:]*))(?::\d*)?$/.exec(host.toLowerCase()) ?? [];
  return address ?? (name === '' ? host : name.replace(/\.$/, ''));
}
