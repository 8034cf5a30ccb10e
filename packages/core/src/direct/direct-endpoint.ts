import { type Endpoint, type EndpointRequest, guardedEndpoint } from '../adapters/guarded-endpoint.ts';
import { ImgwireError } from '../errors.ts';
import { withMethods } from '../options/checks.ts';
import type { Check } from '../options/option-problem.ts';
import { assertInput } from '../options/validate.ts';
import { resolveRules } from '../rules/resolve-rules.ts';
import { publish } from '../upload/events.ts';
import { type Bearer, bearerOf, verifyTicket } from './bearer.ts';
import { acceptFiles } from './before.ts';
import { cancelUpload } from './cancel.ts';
import { Completions } from './complete.ts';
import { completionResponse } from './completion-response.ts';
import { beginUploads } from './create.ts';
import { type Lifetime, ofProcess } from './lifetime.ts';
import { type DirectInstance, type DirectMeans, deletePending } from './means.ts';
import { readDirectRequest } from './request.ts';
import { assertSubject, DIRECT_CHECKS, type DirectUploadRules, formRules } from './rules.ts';
import { openTickets } from './ticket.ts';
import { ticketSecrets } from './ticket-secret.ts';

const instance: Check = (value) =>
  withMethods('createDirectUpload', 'retrieve', 'discard')(value) && 'made by createImgwire()';

/**
 * The endpoint of direct uploads, as data in and data out: it decides what a browser may upload, creates the records, and completes or
 * cancels the uploads. This is only the sequence: each step is in the file of its name.
 *
 * It takes `{ files }`, `{ completed }` or `{ cancelled }` as JSON. The first two have one result for each file, in order.
 *
 * @throws TypeError without `authorize` or `subject`, for a wrong option, and without a secret for the tickets. The endpoint itself
 *   never rejects
 */
export const directUploadEndpoint = <Request extends EndpointRequest>(
  options: DirectUploadRules<Request> & { readonly imgwire: DirectInstance },
): Endpoint<Request> => openDirectEndpoint(options, ofProcess());

/** {@link directUploadEndpoint} of any lifetime. */
export function openDirectEndpoint<Request extends EndpointRequest>(
  options: DirectUploadRules<Request> & { readonly imgwire: DirectInstance },
  lifetime: Lifetime,
): Endpoint<Request> {
  const caller = 'directUploadEndpoint()';
  const { imgwire } = options;
  assertInput(caller, options, 'authorize', { ...DIRECT_CHECKS, imgwire: instance });
  assertSubject(caller, options);
  const rules = resolveRules(formRules<Request>(options));
  const tickets = openTickets(ticketSecrets(caller, options.ticketSecret, imgwire));
  const { notes, ticketTtlMs = 900_000, maxPending = 20 } = options;
  const means: DirectMeans = { imgwire, tickets, notes, lifetime };
  const uploads = lifetime.openUploads(maxPending, (imageId) => {
    // Notes are swept by any process.
    if (!notes) void deletePending(imgwire, imageId);
  });
  const completions = new Completions(means, options, (imageId) => uploads.remove(imageId));

  /** Of the same path and secret elsewhere there may be an endpoint for tokens, whose tickets name no image. */
  const verify = async (text: string, bearer: Bearer) => {
    const ticket = await verifyTicket(tickets, text, bearer);
    if (ticket.image === undefined) throw new ImgwireError('TICKET_INVALID');
    return { ticket, imageId: ticket.image };
  };
  const complete = async (text: string, bearer: Bearer, req: Request, log?: (error: Error) => void) =>
    completions.complete({ ...(await verify(text, bearer)), req, log });

  return guardedEndpoint(
    () => imgwire.logger,
    options,
    async (req, { body, ask, signal, log }) => {
      const asked = readDirectRequest(await body?.(), rules.limits.files);
      const bearer = await bearerOf(req, options, ask);
      if ('files' in asked) {
        const files = await acceptFiles(rules, asked.files, asked.fields);
        const issue = { req, ask, signal, ...bearer, ticketTtlMs, metadata: rules.metadata };
        return { status: 200, body: { uploads: await beginUploads(means, uploads, files, issue) } };
      }
      if ('completed' in asked) {
        const each = asked.completed.map((text) => complete(text, bearer, req, log));
        return completionResponse(await Promise.allSettled(each));
      }
      const cancelled = await Promise.all(asked.cancelled.map((text) => verify(text, bearer)));
      await Promise.all(
        cancelled.map(async ({ ticket, imageId }) => {
          if (await cancelUpload(means, ticket, completions.claims)) uploads.remove(imageId);
        }),
      );
      return { status: 204, body: undefined };
    },
    (error) => publish('imgwire:direct:failed', () => ({ error })),
  );
}
