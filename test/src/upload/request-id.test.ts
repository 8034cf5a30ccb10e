import { type Emulator, startEmulator } from '@imgwire/emulator';
import type { Logger } from '@imgwire/express';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Part, postForm } from '../support/client.ts';
import { makeImage } from '../support/images.ts';
import { TARGETS } from '../support/targets.ts';
import { TOKEN_TARGETS } from '../support/token-targets.ts';
import { throughTransports } from '../support/transports.ts';

// Express has no id of its own: pino-http and others set `req.id`, and so does this test. Fastify has one. A web request and an event of a gateway have none.

const png: Part[] = [
  { name: 'avatar', fileName: 'a.png', bytes: await makeImage('image/png', { width: 3, height: 2 }) },
];
const idOn = (name: string): unknown => (name.includes('Fastify') ? 'req-1' : 'of-pino');

/** A logger that keeps the ids of its lines. */
function keeping(): { logger: Logger; lines: [message: string, reqId: unknown][] } {
  const lines: [message: string, reqId: unknown][] = [];
  const keep = (context: object, message: string): void => {
    lines.push([message, (context as { reqId?: unknown }).reqId]);
  };
  return { logger: { warn: keep, error: keep }, lines };
}

const withId = <T extends { readonly name: string }>(targets: readonly T[]): readonly T[] =>
  targets.filter(({ name }) => !/web|gateway/.test(name));

describe.each(throughTransports(withId(TARGETS)))(
  'on $name, over $transport',
  ({ target, name, connect }) => {
    let emulator: Emulator;
    beforeAll(async () => {
      emulator = await startEmulator();
    });
    afterAll(() => emulator.close());

    it('the lines of an upload have the id of its request', async () => {
      const { logger, lines } = keeping();
      const app = await target.start({ ...connect(emulator), logger, maxAttempts: 2 });
      app.server.prependListener('request', (req: object) => Object.assign(req, { id: 'of-pino' }));
      emulator.faults.add({ route: 'put', status: 503, times: 2 });
      emulator.faults.add({ route: 'delete', status: 503, times: 2 });
      const answer = await postForm(`${app.url}/single`, png);
      await app.close();
      emulator.faults.clear();
      expect(answer.status).toBe(503);
      expect(lines).toContainEqual(['A call to Imgwire is retried', idOn(name)]);
      expect(lines).toContainEqual(['A record could not be deleted, and may be left at Imgwire', idOn(name)]);
      expect(lines.filter(([, reqId]) => reqId !== idOn(name))).toEqual([]);
    });
  },
);

describe.each(throughTransports(withId(TOKEN_TARGETS)))(
  'the token endpoint on $name, over $transport',
  ({ target, name, connect }) => {
    let emulator: Emulator;
    beforeAll(async () => {
      emulator = await startEmulator();
    });
    afterAll(() => emulator.close());

    it('logs a failure with the id of its request', async () => {
      const { logger, lines } = keeping();
      const connection = { ...connect({ url: emulator.url, apiKey: 'sk_of_another_environment' }), logger };
      const app = await target.start(connection, { authorize: () => true }, (req, _res, next) => {
        Object.assign(req, { id: 'of-pino' });
        next();
      });
      await fetch(`${app.url}/token`, { method: 'POST' });
      await app.close();
      expect(lines).toEqual([[expect.any(String), idOn(name)]]);
    });
  },
);
