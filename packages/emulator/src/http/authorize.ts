import type { Call } from './call.ts';
import { domainError, type Refusal } from './errors.ts';

/** Which keys a route accepts. */
export type Access = 'server' | 'server_or_client' | 'public';

/**
 * The kind of key in the request.
 * @throws Refusal 401 without a key that this route accepts
 */
export function authorize(call: Call, access: Access): Call['key'] {
  if (access === 'public') return undefined;
  const { apiKey, clientKey } = call.service.state.identity;
  // The scheme is case-insensitive (RFC 9110, 11.1), the key is not.
  const key = /^bearer +(\S+) *$/i.exec(call.request.headers.authorization ?? '')?.[1];
  if (!key) throw refused('Send a key: `Authorization: Bearer <key>`.');
  if (key === apiKey) return 'server';
  if (key !== clientKey) throw refused('The key is not valid here.');
  if (access === 'server') throw refused('A client key is not accepted here; use the server key.');
  return 'client';
}

function refused(detail: string): Refusal {
  return domainError(401, 'InvalidTokenError', detail, { 'www-authenticate': 'Bearer' });
}
