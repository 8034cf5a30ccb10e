import type { Ask, EndpointExchange, EndpointRequest } from '../adapters/guarded-endpoint.ts';
import { ImgwireError } from '../errors.ts';
import type { Imgwire } from '../imgwire.ts';
import { resolveRules } from '../rules/resolve-rules.ts';
import { ticketRules } from './after.ts';
import { bearerOf, verifyTicket } from './bearer.ts';
import { Completions } from './complete.ts';
import { completionResponse } from './completion-response.ts';
import type { Lifetime } from './lifetime.ts';
import type { DirectInstance } from './means.ts';
import { assertTokenSubject, type UploadTokenRules } from './rules.ts';
import { openTickets } from './ticket.ts';
import { ticketSecrets } from './ticket-secret.ts';

/** The completions of uploads that a browser does with a token. */
export interface TokenCompletions<Request> {
  /** Signs the ticket of a token. */
  issue(req: Request, tokenId: string, ask: Ask): Promise<string>;
  /** Completes uploads; undefined for a request that asks for none. */
  complete(
    req: Request,
    exchange: Pick<EndpointExchange, 'body' | 'log'> & { readonly ask: Ask },
  ): Promise<ReturnType<typeof completionResponse> | undefined>;
}

/** A completed upload, as its browser names it. */
interface CompletedToken {
  readonly ticket: string;
  readonly imageId: string;
}

const MOST = 10;

/**
 * Opens the completions of a token endpoint, if its options ask for them.
 *
 * @throws TypeError for completion options without `subject`, or without a secret
 */
export function tokenCompletions<Request extends EndpointRequest>(
  caller: string,
  options: UploadTokenRules<Request> & { readonly imgwire: object },
  lifetime: Lifetime,
): TokenCompletions<Request> | undefined {
  const { subject, rules = {}, notes, ticketTtlMs = 900_000 } = options;
  assertTokenSubject(caller, options);
  if (subject === undefined) return undefined;
  const imgwire = options.imgwire as DirectInstance & Pick<Imgwire, 'createUploadToken'>;
  const tickets = openTickets(ticketSecrets(caller, options.ticketSecret, imgwire));
  const borne = ticketRules(resolveRules(rules));
  const completions = new Completions({ imgwire, tickets, notes, lifetime }, options);
  const completeOne = async (
    { ticket: text, imageId }: CompletedToken,
    bearer: Awaited<ReturnType<typeof bearerOf>>,
    exchange: { readonly req: Request; readonly log: EndpointExchange['log'] },
  ) => {
    const ticket = await verifyTicket(tickets, text, bearer);
    if (ticket.token === undefined) throw new ImgwireError('TICKET_INVALID');
    return completions.complete({ ...exchange, ticket, imageId });
  };
  return {
    issue: async (req, token, ask) => {
      const { route, subject: who } = await bearerOf(req, { subject }, ask);
      const ticket = { key: token, token, expires: Date.now() + ticketTtlMs, field: '', rules: borne };
      return tickets.sign(ticket, route, who);
    },
    complete: async (req, { body, log, ask }) => {
      const { completed } = Object(await body?.()) as { readonly completed?: unknown };
      if (completed === undefined) return undefined;
      const asked = readCompleted(completed);
      const bearer = await bearerOf(req, { subject }, ask);
      return completionResponse(
        await Promise.allSettled(asked.map((each) => completeOne(each, bearer, { req, log }))),
      );
    },
  };
}

function readCompleted(value: unknown): CompletedToken[] {
  const given = Array.isArray(value) ? value.map((each) => Object(each) as Partial<CompletedToken>) : [];
  const isRead = given.every(
    ({ ticket, imageId }) => typeof ticket === 'string' && typeof imageId === 'string' && imageId !== '',
  );
  if (isRead && given.length > 0 && given.length <= MOST) return given as CompletedToken[];
  throw new ImgwireError('INVALID_REQUEST', {
    message: `Send { "completed": [{ "ticket", "imageId" }] } as application/json, with 1 to ${MOST} in it.`,
  });
}
