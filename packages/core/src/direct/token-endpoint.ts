import {
  type Ask,
  type Endpoint,
  type EndpointRequest,
  guardedEndpoint,
} from '../adapters/guarded-endpoint.ts';
import { ImgwireError } from '../errors.ts';
import type { Imgwire } from '../imgwire.ts';
import { withMethods } from '../options/checks.ts';
import type { Check } from '../options/option-problem.ts';
import { assertInput } from '../options/validate.ts';
import type { UploadToken } from '../service/service.ts';
import { publish } from '../upload/events.ts';
import { type Lifetime, ofProcess } from './lifetime.ts';
import { TOKEN_CHECKS, type UploadTokenRules } from './rules.ts';
import { tokenCompletions } from './token-completions.ts';

/** What the endpoint needs of an instance: `retrieve` and `discard` only where uploads are completed. */
type TokenIssuer = Pick<Imgwire, 'createUploadToken' | 'logger'> &
  Partial<Pick<Imgwire, 'retrieve' | 'discard'>>;

const check: Check = (value) => withMethods('createUploadToken')(value) && 'made by createImgwire()';
/**
 * The endpoint that issues a browser a token for one upload, as data in and data out: `{ uploadToken, expiresAt }`, or
 * problem details. Responses are never cached. The `signal` aborts the work when nobody waits for the response any more. What the
 * operator has to mend is logged: to the instance's `logger`, else to `log`.
 *
 * With `subject` it also issues a `ticket`, and completes the upload for a body of `{ completed: [{ ticket, imageId }] }`. Any other
 * body is ignored.
 *
 * @throws TypeError without `authorize`, or for a wrong option. The endpoint itself never rejects, and a failure after
 *   `authorize` is never a 403
 */
export const tokenEndpoint = <Request extends EndpointRequest>(
  options: UploadTokenRules<Request> & { readonly imgwire: TokenIssuer },
): Endpoint<Request> => openTokenEndpoint(options, ofProcess());

/** {@link tokenEndpoint} of any lifetime. */
export function openTokenEndpoint<Request extends EndpointRequest>(
  options: UploadTokenRules<Request> & { readonly imgwire: TokenIssuer },
  lifetime: Lifetime,
): Endpoint<Request> {
  // The types require `authorize`; JavaScript does not.
  assertInput('tokenEndpoint()', options, 'authorize', { ...TOKEN_CHECKS, imgwire: check });
  const completions = tokenCompletions('tokenEndpoint()', options, lifetime);
  return guardedEndpoint(
    () => options.imgwire.logger,
    options,
    async (req, { ask, signal, body, log, durationMs }) => {
      const completed = await completions?.complete(req, { ask, body, log });
      if (completed) return completed;
      const { id, token: uploadToken, expires_at: expiresAt } = await issue(req, options, ask, signal);
      const ticket = await completions?.issue(req, id, ask);
      publish('imgwire:token:issued', () => ({ id, durationMs: durationMs() }));
      return { status: 200, body: { uploadToken, expiresAt, ...(ticket !== undefined && { ticket }) } };
    },
    (error, durationMs) => publish('imgwire:token:failed', () => ({ error, durationMs })),
  );
}

async function issue<Request extends EndpointRequest>(
  req: Request,
  { imgwire, onIssued }: UploadTokenRules<Request> & { readonly imgwire: TokenIssuer },
  ask: Ask,
  signal: AbortSignal | undefined,
): Promise<UploadToken> {
  const issued = await imgwire.createUploadToken(signal);
  const { id, expires_at: expiresAt } = issued;
  if (onIssued)
    await ask(() => onIssued({ id, expiresAt, req })).catch((cause: unknown) => {
      throw new ImgwireError('AUTHORIZATION_UNAVAILABLE', { cause });
    });
  return issued;
}
