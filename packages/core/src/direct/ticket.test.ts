import { describe, expect, it } from 'vitest';
import { createImgwire } from '../create-imgwire.ts';
import { directUploadEndpoint } from './direct-endpoint.ts';
import { openTickets, type Ticket } from './ticket.ts';

const [OLD, NEW] = ['the old secret, of thirty-two characters', 'the new secret, of thirty-two characters'];
const ticket = (more: Partial<Ticket> = {}): Ticket => ({
  ...{ key: 'key', image: 'b0e2c5f0-0000-4000-8000-000000000000', expires: Date.now() + 60_000, size: 70 },
  ...{ field: 'file', rules: { fileSize: 1000, types: 4, maxPixels: 1000, mustKnow: true }, ...more },
});

describe('a ticket', () => {
  it('bears what was put in it', async () => {
    const tickets = openTickets([OLD]);
    const written = ticket({ field: 'bänne "[]"' });
    expect(await tickets.verify(await tickets.sign(written, '/a', 'alice'), '/a', 'alice')).toEqual(written);
  });

  it.each([
    ['another route', '/b', 'alice'],
    ['another user', '/a', 'bob'],
    ['anyone', '/a', null],
    ['a route and a user that are joined otherwise', '/a"', ',"alice'],
  ])('is worth nothing for %s', async (_, route, subject) => {
    const tickets = openTickets([OLD]);
    expect(await tickets.verify(await tickets.sign(ticket(), '/a', 'alice'), route, subject)).toBeUndefined();
  });

  it('is worth nothing with any one character changed', async () => {
    const tickets = openTickets([OLD]);
    const text = await tickets.sign(ticket(), '/a', null);
    for (let at = 0; at < text.length; at++) {
      const other = text[at] === 'A' ? 'B' : 'A';
      const changed = text.slice(0, at) + other + text.slice(at + 1);
      expect(await tickets.verify(changed, '/a', null), `at ${at}`).toBeUndefined();
    }
  });

  it('of an old secret is valid until that is taken away; new ones are of the first', async () => {
    const [before, during, after] = [openTickets([OLD]), openTickets([NEW, OLD]), openTickets([NEW])];
    const old = await before.sign(ticket(), '/a', null);
    const fresh = await during.sign(ticket(), '/a', null);
    const valid = async (tickets: typeof before, text: string): Promise<boolean> =>
      (await tickets.verify(text, '/a', null)) !== undefined;
    expect([await valid(during, old), await valid(after, old)]).toEqual([true, false]);
    expect([await valid(during, fresh), await valid(after, fresh), await valid(before, fresh)]).toEqual([
      true,
      true,
      false,
    ]);
  });

  it('is TICKET_EXPIRED after its time, and nothing is asked of the service', async () => {
    // A request would fail: nothing listens there.
    const imgwire = createImgwire({ apiKey: 'sk_test', baseUrl: 'http://127.0.0.1:1' });
    const endpoint = directUploadEndpoint({
      ...{ imgwire, authorize: () => true, subject: null, ticketSecret: OLD },
    });
    const text = await openTickets([OLD]).sign(ticket({ expires: Date.now() - 1 }), '/photos', null);
    const request = { method: 'POST', headers: {}, url: '/photos' };
    const response = await endpoint(request, { body: () => ({ completed: [text] }) });
    expect(response).toMatchObject({ status: 410, body: { code: 'TICKET_EXPIRED' } });
    await imgwire.close();
  });
});
