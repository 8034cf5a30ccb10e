import type { Http2ServerResponse } from 'node:http2';
import imgwire, {
  createImgwire,
  type EndpointHandler,
  type FastifyImgwire,
  type FastifyImgwireOptions,
  type FormSchema,
  type ImgwireImage,
  imgwire as named,
  type RequestImgwire,
  type RequestWithImage,
  type UploadHook,
  type UploadViaUrlRules,
  withImage,
} from '@imgwire/fastify';
import fastify, { type FastifyRequest, type FastifyTypeProvider } from 'fastify';

/** True only where both are the same type; `any` is the same as nothing else. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const is = <_True extends true>(): void => undefined;

interface Provider extends FastifyTypeProvider {
  readonly validator: this['schema'];
}

const app = fastify().withTypeProvider<Provider>();
const http2 = fastify({ http2: true });
const options: FastifyImgwireOptions = {
  imgwire: createImgwire({ apiKey: 'sk_1' }),
  authorize: (request) => {
    is<Same<typeof request, FastifyRequest>>();
    return request.ip !== '';
  },
  metadata: (request) => ({ purpose: request.url }),
};
app.register(imgwire, options);
app.register(named);
http2.register(imgwire, options);
app.register(imgwire, {
  minWidth: 320,
  onFileError: 'skip',
  scan: async (_bytes, file) => file.originalname !== '',
});
// @ts-expect-error -- a number is no verdict
app.register(imgwire, { scan: async () => 1 });
// @ts-expect-error -- a number it is not
app.register(imgwire, { maxPixels: 'many' });
is<Same<typeof app.imgwire, FastifyImgwire>>();

const hook: UploadHook = app.imgwire.single('avatar', { accept: ['image/png'] });
app.post('/avatar', { preHandler: hook }, async (request) => {
  is<Same<typeof request.image, ImgwireImage | undefined>>();
  is<Same<typeof request.images, ImgwireImage[] | undefined>>();
  is<Same<typeof request.imgwire, RequestImgwire | undefined>>();
  return {
    url: request.image?.url({ width: 100, format: 'auto' }),
    rejected: request.imgwire?.rejected[0]?.code,
  };
});
app.post<{ Body: { title: string } }>(
  '/gallery',
  { schema: { body: {} }, preValidation: app.imgwire.array('photos', 5) },
  async (request) => ({ title: request.body.title, all: request.images?.length }),
);
app.post(
  '/required',
  { preHandler: app.imgwire.single('avatar', { required: true }) },
  withImage(async (request, reply) => {
    const known: RequestImgwire = request.imgwire;
    console.info(known.files.length);
    reply.header('location', request.image.url({ width: 100 }));
    return request.image.id;
  }),
);
declare const form: FormSchema<{ title: string }>;
app.post('/form', { preHandler: app.imgwire.single('avatar', { form }) }, async ({ body }) => {
  is<Same<typeof body, { title: string }>>();
  return body.title;
});
http2.post('/form', { preHandler: http2.imgwire.any({ form }) }, async ({ body }) => body.title);
app.post<{ Body: { title: string } }>(
  '/titled',
  withImage((request) => ({ title: request.body.title, id: request.image.id })),
);
http2.post<{ Body: { title: string } }>(
  '/required',
  withImage(async (request, reply) => {
    is<Same<typeof reply.raw, Http2ServerResponse>>();
    const certain: RequestWithImage<typeof request> = request;
    return `${request.body.title} ${certain.image.id}`;
  }),
);
app.post('/both', { preHandler: [app.imgwire.fields([{ name: 'avatar', required: true }])] }, async () => '');
app.put('/body', { preHandler: app.imgwire.body({ required: true }) }, async (request) => request.image?.id);
app.put('/called', { config: { imgwireBody: true } }, async () => '');
// @ts-expect-error -- a body has no fields
app.imgwire.body({ fields: [{ name: 'avatar' }] });
http2.post('/any', { preHandler: http2.imgwire.any() }, async (request) => request.image?.id);
// @ts-expect-error -- its name is missing
app.imgwire.single();
// @ts-expect-error -- without `authorize` anyone could have a token
app.imgwire.uploadToken({});
const token: EndpointHandler = app.imgwire.uploadToken({ authorize: (request) => request.ip !== '' });
app.all('/token', token);
http2.all('/token', token);
const rules: UploadViaUrlRules<FastifyRequest> = { allowedHosts: ['example.com'] };
app.post('/import', { preHandler: app.imgwire.uploadViaUrl(rules) }, async (request) => request.image);
