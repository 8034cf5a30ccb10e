// Fastify under Sentry as its documentation sets it up: initialized before Fastify is loaded. The connection options are passed as
// JSON; the first line of output has the URL, and whether Sentry has replaced a hook.
import * as Sentry from '@sentry/node';
import './end-with-parent.ts';

// Events go to a port that nobody listens to.
Sentry.init({ dsn: 'http://key@127.0.0.1:9/1', tracesSampleRate: 1 });

const { default: fastify } = await import('fastify');
const { imgwire } = await import('@imgwire/fastify');

const app = fastify();
Sentry.setupFastifyErrorHandler(app);
await app.register(imgwire, JSON.parse(process.argv[2] ?? '{}'));
const upload = app.imgwire.single('avatar');
const seen: unknown[] = [];
app.addHook('onRoute', ({ url, preHandler }) => {
  if (url === '/avatar') seen.push(preHandler);
});
app.post('/avatar', { preHandler: upload }, async ({ image, body }) => ({ id: image?.id, body }));
app.post('/theirs', { preHandler: async () => undefined }, async ({ body }) => body);
const hidden = app.imgwire.single('avatar');
app.post(
  '/hidden',
  { preHandler: (request, reply) => hidden(request, reply) },
  async ({ image }) => image?.id,
);

const url = await app.listen({ port: 0, host: '127.0.0.1' });
process.stdout.write(`${JSON.stringify({ url, wrapped: seen.length === 1 && seen[0] !== upload })}\n`);
