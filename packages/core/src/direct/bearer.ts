import type { Ask, EndpointRequest } from '../adapters/guarded-endpoint.ts';
import { unavailable } from '../adapters/guarded-endpoint.ts';
import { ImgwireError } from '../errors.ts';
import { urlOf } from '../realm-safe.ts';
import type { CompletionRules } from './rules.ts';
import type { Ticket, Tickets } from './ticket.ts';

/** What a ticket is bound to: one endpoint, and one subject. */
export interface Bearer {
  /** The path that was called, without its query. */
  readonly route: string;
  readonly subject: string | null;
}

/** Finds out who calls which endpoint. @throws ImgwireError `FORBIDDEN` for a subject that is no text; `AUTHORIZATION_UNAVAILABLE` */
export async function bearerOf<Request extends EndpointRequest>(
  req: Request,
  { subject }: Pick<CompletionRules<Request>, 'subject'>,
  ask: Ask,
): Promise<Bearer> {
  const url = req.originalUrl ?? req.url ?? '';
  const route = urlOf(url)?.pathname ?? url.replace(/[?#].*$/s, '');
  if (subject === null) return { route, subject };
  const id: unknown = await ask(() => subject(req)).catch(unavailable);
  if (typeof id === 'string' && id !== '') return { route, subject: id };
  const cause = new TypeError('subject must return who uploads, as a string that is not empty: String(id).');
  throw new ImgwireError('FORBIDDEN', { cause });
}

/** @throws ImgwireError `TICKET_INVALID`, `TICKET_EXPIRED` */
export async function verifyTicket(
  tickets: Tickets,
  text: string,
  { route, subject }: Bearer,
): Promise<Ticket> {
  const ticket = await tickets.verify(text, route, subject);
  if (!ticket) throw new ImgwireError('TICKET_INVALID');
  if (Date.now() >= ticket.expires) throw new ImgwireError('TICKET_EXPIRED');
  return ticket;
}
