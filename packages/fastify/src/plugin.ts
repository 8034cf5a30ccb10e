import type { Imgwire } from '@imgwire/core';
import {
  type DirectUploadRules,
  type FactoryOptions,
  parseOptions,
  type UploadTokenRules,
  type UploadViaUrlRules,
} from '@imgwire/core/adapter';
import type { FastifyInstance, FastifyPluginAsync, FastifyRequest } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { directUploadHandler } from './direct-upload.ts';
import type { EndpointHandler } from './endpoint.ts';
import { watchHooks } from './given-hooks.ts';
import { renderProblems } from './problem.ts';
import type { UploadHook } from './request.ts';
import { type UploadHooks, uploadHooks } from './upload.ts';
import { uploadTokenHandler } from './upload-token.ts';
import { uploadViaUrlHook } from './upload-via-url.ts';
import { takeUploads } from './uploads.ts';

/** An instance of Imgwire or the options to create one, and rules for every upload of the scope. */
export type FastifyImgwireOptions = FactoryOptions<FastifyRequest>;

/**
 * `app.imgwire`. Rules of a route override those of the plugin, `limits` one by one. Each method throws a TypeError that names
 * the wrong option.
 */
export interface FastifyImgwire extends UploadHooks {
  /** The instance, for calls without a request. */
  readonly instance: Imgwire;
  /**
   * A handler that issues a browser a token for one upload: `{ uploadToken, expiresAt }`. It responds with 405 itself to all
   * but `POST`.
   *
   * @example app.all('/api/imgwire/upload-token', app.imgwire.uploadToken({ authorize: (request) => Boolean(request.user) }));
   */
  uploadToken(rules: UploadTokenRules<FastifyRequest>): EndpointHandler;
  /**
   * A handler that lets a browser upload straight to Imgwire, by the rules of a form: it decides before anything exists, judges what
   * the service has measured, and calls `onStored`. `uploadDirect()` of `@imgwire/client` speaks to it.
   *
   * @example app.all('/photos', app.imgwire.directUpload({ authorize, subject: (request) => request.user.id, onStored: savePhoto }));
   */
  directUpload(rules: DirectUploadRules<FastifyRequest>): EndpointHandler;
  /**
   * A `preHandler` that takes `{ url }` from the body, lets Imgwire fetch the image, and puts it on the request like an
   * upload. Strict by default: only https, and only from `allowedHosts`.
   *
   * If a response is sent meanwhile or the client disconnects, the wait for Imgwire ends and the image is deleted, unless
   * `metadata` gave it an `idempotencyKey`: then the next upload with this key returns it.
   */
  uploadViaUrl(rules: UploadViaUrlRules<FastifyRequest>): UploadHook;
}

/**
 * The plugin, for Fastify 5. Its hooks stream the files of a multipart form to Imgwire while they arrive; when the handler runs,
 * they are stored: they are in `request.image`, `request.images` and `request.imgwire`, and `request.body` has the text fields.
 * A request that is not multipart/form-data passes through, its body untouched; with `required` or `form` it is rejected.
 *
 * It belongs to the scope that registers it, and closes the instance that it has created with the application: uploads in flight
 * may finish within `closeTimeoutMs`, which counts from the call of `app.close()`; new ones are `SHUTTING_DOWN`.
 *
 * @example
 * await app.register(imgwire); // IMGWIRE_API_KEY from the environment
 * app.post('/avatar', { preHandler: app.imgwire.single('avatar') }, async (request) => request.image);
 *
 * @throws TypeError that names the wrong option or rule
 */
export const imgwire: FastifyPluginAsync<FastifyImgwireOptions> = fastifyPlugin(
  async (fastify, options: FastifyImgwireOptions) => {
    const { connect, rules: shared } = parseOptions('@imgwire/fastify', options);
    const instance = connect();
    const methods: Omit<FastifyImgwire, 'instance'> = {
      ...uploadHooks(instance, shared, (...hook) => hooks.add(...hook)),
      uploadToken: (rules) => uploadTokenHandler(instance, rules),
      directUpload: (rules) => directUploadHandler(instance, rules),
      uploadViaUrl: (rules) => uploadViaUrlHook(instance, rules),
    };
    const hooks = watchHooks(fastify, { ...methods });
    takeUploads(fastify, hooks);
    fastify.decorate('imgwire', { ...methods, instance } satisfies FastifyImgwire);
    if (!options.imgwire) closeWith(fastify, instance);
    // A scope around this one may have the plugin too.
    if (fastify.hasRequestDecorator('imgwire')) return;
    for (const name of ['image', 'images', 'imgwire']) {
      // An application may have one of its own.
      if (!fastify.hasRequestDecorator(name)) fastify.decorateRequest(name);
    }
    renderProblems(fastify);
  },
  // Without it the decorators would be of a scope of the plugin's own.
  { fastify: '5.x', name: '@imgwire/fastify' },
);

/** Begins to close before Fastify waits for its server, and so for the slowest of its clients. */
function closeWith(fastify: FastifyInstance, instance: Imgwire): void {
  let closed: Promise<void> | undefined;
  fastify.addHook('preClose', (done) => {
    closed = instance.close();
    // What fails is told by the hook below.
    closed.catch(() => undefined);
    done();
  });
  fastify.addHook('onClose', () => closed ?? instance.close());
}
