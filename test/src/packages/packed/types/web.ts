import {
  createImgwire,
  type FormSchema,
  type ImgwireForm,
  type ImgwireFormWithImage,
  type ImgwireImage,
  type ImgwireUpload,
  type ImgwireUploadRoute,
  imgwireErrorResponse,
  imgwireUpload,
  imgwireUploadToken,
  imgwireUploadViaUrl,
  type ReceivedFile,
} from '@imgwire/web';

/** True only where both are the same type; `any` is the same as nothing else. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const is = <_True extends true>(): void => undefined;

const imgwire = createImgwire({ apiKey: 'sk_1' });
const upload = imgwireUpload({
  imgwire,
  authorize: (request) => {
    is<Same<typeof request, Request>>();
    return request.headers.has('authorization');
  },
  metadata: (request) => ({ purpose: request.url }),
});
is<Same<typeof upload, ImgwireUpload>>();
imgwireUpload({ minWidth: 320, onFileError: 'skip', scan: async (_bytes, file) => file.originalname !== '' });
// @ts-expect-error -- a number is no verdict
imgwireUpload({ scan: async () => 1 });
// @ts-expect-error -- a number it is not
imgwireUpload({ maxPixels: 'many' });
// @ts-expect-error -- without `authorize` anyone could have a token
imgwireUploadToken({ imgwire });
// @ts-expect-error -- its name is missing
upload.single();

upload.body({ accept: ['image/png'] }).handler((form) => {
  is<Same<typeof form.image, ImgwireImage | undefined>>();
  return new Response();
});
// @ts-expect-error -- a body has no fields
upload.body({ required: true, fields: [{ name: 'avatar' }] });

const route: ImgwireUploadRoute = upload.single('avatar', { accept: ['image/png'] });
const plain: (request: Request) => Promise<Response> = route.handler((form) => {
  is<Same<typeof form, ImgwireForm>>();
  is<Same<typeof form.image, ImgwireImage | undefined>>();
  is<Same<(typeof form.files)[number], ReceivedFile>>();
  return new Response(form.image?.url({ width: 100 }) ?? form.rejected[0]?.code);
});
/** With a file that is required, by the route or by all. */
const certain = [
  upload.single('avatar', { required: true }),
  upload.array('photos', 5, { required: true }),
  upload.fields([{ name: 'a' }], { required: true, authorize: (request) => request.url !== '' }),
  upload.any({ required: true }),
  upload.body({ required: true, limits: { fileSize: 1024 } }),
  imgwireUpload({ imgwire, required: true }),
  imgwireUpload({ imgwire, required: true }).single('avatar', { maxPixels: 1 }),
].map((each) =>
  each.handler((form) => {
    is<Same<typeof form, ImgwireFormWithImage>>();
    is<Same<typeof form.image, ImgwireImage>>();
    return new Response(form.image.id);
  }),
);
imgwireUpload({ imgwire, required: true })
  .single('avatar', { required: false })
  .handler((form) => {
    is<Same<typeof form.image, ImgwireImage | undefined>>();
    return new Response();
  });
// @ts-expect-error -- a connection is no rule
upload.single('avatar', { required: true, apiKey: 'sk_1' });
declare const form: FormSchema<{ title: string }>;
const titled = [
  upload.single('avatar', { form, required: true }),
  imgwireUpload({ imgwire, form, required: true }).any({ maxPixels: 1 }),
].map((each) =>
  each.handler(({ fields, image }) => {
    is<Same<typeof fields, { title: string }>>();
    return new Response(fields.title + image.id);
  }),
);
/** As frameworks have it: a request of their own, and a context behind it. */
interface OwnRequest extends Request {
  readonly cookies: { has(name: string): boolean };
}
const own: (request: OwnRequest, context: { readonly id: string }) => Promise<Response> = upload
  .fields([{ name: 'a', maxCount: 1 }])
  .handler(
    async ({ images }, request: OwnRequest, { id }: { readonly id: string }) =>
      new Response(`${id} ${images.length} ${request.cookies.has('a')}`),
  );
// A framework may pass more than the handler asks for.
const more: (request: OwnRequest, context: object) => Promise<Response> = upload.handler(
  () => new Response(),
);
const token: (request: Request) => Promise<Response> = imgwireUploadToken({ imgwire, authorize: () => true });
const viaUrl = imgwireUploadViaUrl({ imgwire, allowedHosts: ['example.com'] });
const imported: (request: Request) => Promise<Response> = viaUrl.handler(({ image }) => {
  is<Same<typeof image, ImgwireImage>>();
  return new Response(image.id);
});
const failed: Response | undefined = imgwireErrorResponse(new Error('none of ours'));
console.info([certain, titled, plain, own, more, token, viaUrl, imported, failed]);
