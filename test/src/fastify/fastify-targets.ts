import { type ImgwireOptions, imgwire } from '@imgwire/fastify';
import fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import type { Target } from '../support/targets.ts';
import type { EndpointTarget } from '../support/token-targets.ts';

const answer = async ({ imgwire: found, body }: FastifyRequest): Promise<object> => ({
  images: found?.files.map((file) => file.image),
  body,
  files: found?.files.map(({ image: _, discard: __, ...file }) => file),
  ...(found?.rejected.length && { rejected: found.rejected }),
});

/** Fastify parses text/plain by default; the other targets do not, and the suite compares untouched bodies. */
function leaveTextUnread(app: FastifyInstance): void {
  app.removeContentTypeParser('text/plain');
  app.addContentTypeParser('text/plain', (_request, _payload, done) => done(null));
}

/** Fastify, for the suites that every adapter must pass. */
export const FASTIFY_TARGET: Target = {
  name: 'Fastify',
  start: async (options) => {
    const app = fastify();
    const errors: unknown[] = [];
    app.setErrorHandler((error) => {
      errors.push(error);
      throw error;
    });
    leaveTextUnread(app);
    await app.register(imgwire, options as never);
    const { single, fields, any, body } = app.imgwire;
    app.post('/single', { preHandler: single('avatar') }, answer);
    const both = [
      { name: 'avatar', maxCount: 1 },
      { name: 'photos', maxCount: 3 },
    ];
    app.post('/fields', { preHandler: fields(both) }, answer);
    app.post('/any', { preHandler: any() }, answer);
    app.route({ method: ['PUT', 'POST'], url: '/body', preHandler: body(), handler: answer });
    const url = await app.listen({ port: 0, host: '127.0.0.1' });
    return {
      url,
      server: app.server,
      errors,
      close: async () => {
        app.server.closeAllConnections();
        await app.close();
      },
    };
  },
};

/** Fastify's token endpoint, likewise. */
export const fastifyEndpointTarget = (
  path: string,
  method: 'uploadToken' | 'directUpload',
): EndpointTarget<object> => ({
  name: 'Fastify',
  start: async (connection: ImgwireOptions, rules, front) => {
    const app = fastify();
    await app.register(imgwire, connection);
    if (front) app.addHook('onRequest', ({ raw }, reply, done) => front(raw, reply.raw, done));
    app.all(`/${path}`, app.imgwire[method](rules as never));
    return {
      url: await app.listen({ port: 0, host: '127.0.0.1' }),
      close: () => {
        app.server.closeAllConnections();
        return app.close();
      },
    };
  },
});
