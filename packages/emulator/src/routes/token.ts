import { randomBytes, randomUUID } from 'node:crypto';
import type { Call } from '../http/call.ts';
import { domainError } from '../http/errors.ts';
import { type HttpResponse, json } from '../http/response.ts';
import type { Route } from '../http/router.ts';
import type { UploadToken } from '../store/records.ts';

/** Upload tokens, with which a backend lets a browser upload. They have no limits of their own. */
export const TOKEN_ROUTES: readonly Route[] = [
  { name: 'token', method: 'POST', path: '/api/v1/images/token', access: 'server', handle: createToken },
];

async function createToken(call: Call): Promise<HttpResponse> {
  const { state, options } = call.service;
  const now = Date.now();
  const createdAt = new Date(now).toISOString();
  const token: UploadToken = {
    id: randomUUID(),
    environment_id: state.identity.environmentId,
    token: `ut_${randomBytes(24).toString('base64url')}`,
    expires_at: new Date(now + options.uploadTokenTtlMs).toISOString(),
    used_at: null,
    created_at: createdAt,
    updated_at: createdAt,
  };
  await state.tokens.put(token.id, token);
  return json(token);
}

/**
 * The upload token in the query; undefined if there is none.
 * @throws HttpError 401 if it is unknown or expired; an empty one is unknown, since clients do send those
 */
export function findToken(call: Call): UploadToken | undefined {
  const given = call.query.get('upload_token');
  if (given === null) return undefined;
  const token = call.service.state.tokens.values().find((row) => row.token === given);
  if (!token) throw badToken('is not valid');
  if (call.fault?.expired || Date.parse(token.expires_at) <= Date.now()) throw badToken('has expired');
  return token;
}

/** Marks a token as used, unless it may be used many times. */
export function spendToken(call: Call, token: UploadToken): Promise<void> {
  const usedAt = new Date().toISOString();
  if (!call.service.options.singleUseTokens) return Promise.resolve();
  return call.service.state.tokens.put(token.id, { ...token, used_at: usedAt, updated_at: usedAt });
}

/** The error for an invalid upload token. */
export function badToken(why: string): Error {
  return domainError(401, 'InvalidTokenError', `The upload token ${why}.`);
}
