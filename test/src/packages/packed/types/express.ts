import {
  createImgwire,
  type FormSchema,
  type ImgwireError,
  type ImgwireImage,
  type ImgwireUpload,
  imgwireErrorHandler,
  imgwireStorage,
  imgwireUpload,
  imgwireUploadToken,
  imgwireUploadViaUrl,
  type Orientation,
  type ReceivedFile,
  type RequestImgwire,
  type RequestWithImage,
  type StorageEngine,
  withImage,
} from '@imgwire/express';
import express, { type Request, type RequestHandler } from 'express';

/** True only where both are the same type; `any` is the same as nothing else. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const is = <_True extends true>(): void => undefined;

const app = express();
const imgwire = createImgwire({ apiKey: 'sk_1' });
const upload = imgwireUpload({
  imgwire,
  authorize: (req) => {
    is<Same<typeof req, Request>>();
    return req.get('authorization') !== undefined;
  },
  metadata: (req) => ({ purpose: req.path }),
});
is<Same<typeof upload, ImgwireUpload>>();
imgwireUpload({
  scan: async (bytes, file) => {
    for await (const chunk of bytes) is<Same<typeof chunk, Uint8Array>>();
    const name: string = file.originalname;
    return file.mimetype === 'image/png' || `${name} is no PNG`;
  },
});
// @ts-expect-error -- a number is no verdict
imgwireUpload({ scan: async () => 1 });
imgwireUpload({ minWidth: 320, minHeight: 240, onFileError: 'skip', scanTimeoutMs: 5000 });
// @ts-expect-error -- it is 'fail' or 'skip'
imgwireUpload({ onFileError: 'continue' });
// @ts-expect-error -- a number it is not
imgwireUpload({ maxPixels: 'many' });
// @ts-expect-error -- without `authorize` anyone could have a token
imgwireUploadToken({ imgwire });

app.post('/avatar', upload.single('avatar'), (req, res) => {
  is<Same<typeof req.image, ImgwireImage | undefined>>();
  is<Same<typeof req.images, ImgwireImage[] | undefined>>();
  is<Same<typeof req.imgwire, RequestImgwire | undefined>>();
  is<Same<NonNullable<typeof req.imgwire>['files'][number], ReceivedFile>>();
  is<Same<NonNullable<typeof req.imgwire>['rejected'][number], ImgwireError>>();
  is<Same<ReceivedFile['orientation'], Orientation | undefined>>();
  res.json({ url: req.image?.url({ width: 100, format: 'auto' }), all: req.images?.length });
});
app.post(
  '/required',
  upload.single('avatar', { required: true }),
  withImage((req: RequestWithImage, res, next) => {
    const certain: ImgwireImage = req.image;
    const known: RequestImgwire = req.imgwire;
    console.info(known.files.length);
    res.json(certain.url({ width: 100 }));
    next();
  }),
);
declare const form: FormSchema<{ title: string }>;
app.post('/titled', upload.single('avatar', { form }), (req, res) => {
  is<Same<typeof req.body, { title: string }>>();
  res.json(req.body.title);
});
app.post(
  '/titled',
  imgwireUpload({ imgwire, form }).array('photos', 5, { required: true }),
  withImage((req, res) => {
    is<Same<typeof req.body, { title: string }>>();
    res.json([req.body.title, req.image.id]);
  }),
);
app.post('/gallery', upload.array('photos', 5), async (req, res) => {
  await req.imgwire?.discard();
  res.json(req.imgwire?.byField['photos']?.map((file) => file.image.id));
});
app.post('/logo', upload.single('logo', { accept: ['image/png'], authorize: (req) => req.secure }));
// @ts-expect-error -- its name is missing
upload.single();
// @ts-expect-error -- a connection is no rule
upload.any({ apiKey: 'sk_1' });
app.post('/both', upload.fields([{ name: 'avatar', maxCount: 1, required: true }]), upload.any());
app.put('/body', upload.body({ limits: { fileSize: 1024 }, authorize: (req) => req.secure }), (req, res) => {
  is<Same<typeof req.image, ImgwireImage | undefined>>();
  res.json(req.image);
});
// @ts-expect-error -- a body has no fields
upload.body({ fields: [{ name: 'avatar' }] });
// @ts-expect-error -- nor limits of a form
upload.body({ limits: { files: 1 } });
// @ts-expect-error -- nor the name of one
upload.body('avatar');
app.use('/any', upload);
const token: RequestHandler = imgwireUploadToken({
  imgwire,
  authorize: (req) => req.ip !== undefined,
  allowedOrigins: [],
});
app.all('/token', token);
app.post('/import', imgwireUploadViaUrl({ imgwire, allowedHosts: ['example.com'] }));
const engine: StorageEngine = imgwireStorage({ imgwire });
app.use(imgwireErrorHandler());
console.info(engine);
