import { createImgwire, type FormFields, type ReceivedForm, type UploadRules } from '@imgwire/core';
import { imgwireUpload, withImage } from '@imgwire/express';
import { imgwire as fastifyImgwire, withImage as withImageOnFastify } from '@imgwire/fastify';
import { ImgwireFileInterceptor } from '@imgwire/nestjs';
import { imgwireUpload as webUpload } from '@imgwire/web';
import express, { type Request } from 'express';
import { fastify } from 'fastify';
import { afterAll, expect, it } from 'vitest';
import { z } from 'zod';
import { ofArktype, ofValibot, ofZod } from './form-schemas.ts';

// What handlers know of a form with a schema. The compiler tests it; here the routes are made.

/** True only where both are the same type; `any` is the same as nothing else. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const is = <_True extends true>(): void => undefined;

class Titled {
  title = '';
}
const toClass = z
  .object({ title: z.string() })
  .transform(({ title }): Titled => Object.assign(new Titled(), { title }));

const imgwire = createImgwire({ apiKey: 'sk_1' });
afterAll(() => imgwire.close());

it('Express infers the body from the upload in front of the handler', () => {
  const app = express();
  const upload = imgwireUpload({ imgwire });
  app.post('/', upload.single('a', { form: ofZod }), (req, res) => {
    is<Same<typeof req.body, z.output<typeof ofZod>>>();
    res.json(req.body.rating.toFixed());
  });
  app.post('/', upload.array('a', 3, { form: ofValibot }), (req) =>
    is<Same<(typeof req.body)['rating'], number>>(),
  );
  app.post('/', upload.fields([{ name: 'a' }], { form: ofArktype }), (req) =>
    is<Same<(typeof req.body)['rating'], number>>(),
  );
  app.post('/', upload.any({ form: toClass, metadata: (req) => ({ purpose: req.path }) }), (req) =>
    is<Same<typeof req.body, Titled>>(),
  );
  app.post(
    '/',
    upload.single('a', { form: ofZod, required: true }),
    withImage((req, res) => {
      is<Same<typeof req.body, z.output<typeof ofZod>>>();
      res.json([req.image.id, req.body.title]);
    }),
  );
  const all = imgwireUpload({ imgwire, form: ofZod });
  app.post('/', all, (req) => is<Same<(typeof req.body)['rating'], number>>());
  app.post('/', all.single('a', { accept: ['image/png'] }), (req) =>
    is<Same<(typeof req.body)['rating'], number>>(),
  );
  app.post('/', all.single('a', { form: toClass }), (req) => is<Same<typeof req.body, Titled>>());
  app.post('/', upload.single('a'), (req) => is<Same<typeof req.body, Request['body']>>());
  // @ts-expect-error -- a callback is no schema
  expect(() => upload.single('a', { form: (fields: object) => fields })).toThrow(TypeError);
});

it('the form of a web request has the output of the schema', () => {
  const upload = webUpload({ imgwire });
  upload.single('a', { form: ofZod }).handler(({ fields, image }) => {
    is<Same<typeof fields, z.output<typeof ofZod>>>();
    return new Response(image?.id);
  });
  upload.single('a', { form: ofValibot, required: true }).handler(({ fields, image }) => {
    is<Same<(typeof fields)['rating'], number>>();
    return new Response(image.id);
  });
  const all = webUpload({ imgwire, form: ofArktype, required: true });
  all.array('a', 3, { maxPixels: 5 }).handler(({ fields, image }) => {
    is<Same<(typeof fields)['rating'], number>>();
    return new Response(image.id);
  });
  all.any({ form: toClass }).handler(({ fields, image }) => {
    is<Same<typeof fields, Titled>>();
    return new Response(image.id);
  });
  webUpload({ imgwire, form: toClass }).handler(({ fields }) => {
    is<Same<typeof fields, Titled>>();
    return new Response();
  });
  webUpload({ imgwire, form: toClass })
    .any({ required: true })
    .handler(({ fields, image }) => {
      is<Same<typeof fields, Titled>>();
      return new Response(image.id);
    });
  upload.any().handler(({ fields }) => {
    is<Same<typeof fields, FormFields>>();
    return new Response();
  });
});

it('receive() and receiver() return the output of the schema', () => {
  const { receive } = imgwire;
  const onZod = async (req: Request): Promise<void> => {
    const { fields } = await receive(req, { form: ofZod });
    is<Same<typeof fields, z.output<typeof ofZod>>>();
  };
  const onValibot = imgwire.receiver({ form: ofValibot, authorize: (req: Request) => req.secure });
  is<Same<Awaited<ReturnType<typeof onValibot>>['fields']['rating'], number>>();
  const annotated: UploadRules<Request> = { form: ofArktype };
  const untyped = imgwire.receiver(annotated);
  is<Same<Awaited<ReturnType<typeof untyped>>, ReceivedForm>>();
  const known: UploadRules<Request, Titled> = { form: toClass };
  const typed = imgwire.receiver(known);
  is<Same<Awaited<ReturnType<typeof typed>>['fields'], Titled>>();
  expect(onZod).toBeTypeOf('function');
});

it('Fastify infers the body of a route from its hook', async () => {
  const app = fastify();
  await app.register(fastifyImgwire, { imgwire });
  const hook = app.imgwire.single('a', { form: ofZod });
  app.post('/zod', { preHandler: hook }, async ({ body }) => {
    is<Same<typeof body, z.output<typeof ofZod>>>();
  });
  app.post('/schema', { preValidation: [hook], schema: { body: {} } }, async ({ body }) => {
    is<Same<(typeof body)['rating'], number>>();
  });
  app.post<{ Body: { title: string }; Params: { id: string } }>(
    '/posts/:id',
    { preHandler: [async () => undefined, hook] },
    async ({ body, params }) => body.title + params.id,
  );
  app.post<{ Body: z.output<typeof ofZod> }>(
    '/image',
    { preHandler: hook },
    withImageOnFastify(async ({ body, image }) => body.title + image.id),
  );
  app.post('/any', { preHandler: app.imgwire.any() }, async ({ body }) => {
    is<Same<typeof body, unknown>>();
  });
  const http2 = fastify({ http2: true });
  await http2.register(fastifyImgwire, { imgwire });
  http2.post('/', { preHandler: http2.imgwire.any({ form: ofArktype }) }, async ({ body }) => {
    is<Same<(typeof body)['rating'], number>>();
  });
  await Promise.all([app.ready(), http2.ready()]);
  await Promise.all([app.close(), http2.close()]);
});

it('an interceptor of Nest takes every schema', () => {
  expect(
    [ofZod, ofValibot, ofArktype, toClass].map((form) => ImgwireFileInterceptor('a', { form })),
  ).toHaveLength(4);
});
