import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import {
  type CorsOrigin,
  type CustomDomain,
  createImgwire,
  type FormIssue,
  type FormSchema,
  IMAGE_TYPES,
  IMGWIRE_ERROR_CODES,
  type ImageRecord,
  type Imgwire,
  ImgwireError,
  type ImgwireErrorCode,
  type ImgwireImage,
  imageUrl,
  isImgwireError,
  type ManyResult,
  type Page,
  parseTransformations,
  type ReceivedFile,
  type ReceivedForm,
  type StorageEngine,
  srcset,
  toImgwireError,
  type UploadInput,
  type UploadRules,
  type UploadToken,
} from '@imgwire/core';

/** True only where both are the same type; `any` is the same as nothing else. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const is = <_True extends true>(): void => undefined;

interface SignedIn extends IncomingMessage {
  user?: { id: string };
}

const imgwire = createImgwire({
  apiKey: 'sk_1',
  baseUrl: 'https://api.imgwire.dev',
  maxAttempts: 2,
  logger: console,
});
is<Same<typeof imgwire, Imgwire>>();
// @ts-expect-error -- a number it is not
createImgwire({ maxAttempts: '2' });
// @ts-expect-error -- the name of no option
createImgwire({ key: 'sk_1' });

const rules: UploadRules<SignedIn> = {
  accept: ['image/png', 'image/jpeg'],
  limits: { fileSize: 1024 },
  fields: [{ name: 'avatar', maxCount: 1, required: true }],
  authorize: (req) => req.user !== undefined,
  metadata: async (req, file) => ({
    purpose: 'avatar',
    fileName: file.originalname,
    customMetadata: { user: req.user?.id ?? '' },
  }),
};
// @ts-expect-error -- no type of image
export const wrongRules: UploadRules<IncomingMessage> = { limits: { fileSize: 'large' } };

const receive = imgwire.receiver(rules);
async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
  try {
    const form = await receive(req);
    is<Same<typeof form, ReceivedForm>>();
    is<Same<(typeof form.files)[number], ReceivedFile>>();
    res.end(form.files[0]?.image.url({ preset: 'medium', format: 'auto' }));
  } catch (error) {
    const known = toImgwireError(error);
    is<Same<typeof known, ImgwireError | undefined>>();
    if (isImgwireError(error)) is<Same<typeof error.code, ImgwireErrorCode>>();
    res.writeHead(known?.status ?? 500).end(JSON.stringify(known?.toJSON()));
  }
}
createServer((req, res) => void answer(req, res));

export async function title(req: IncomingMessage, form: FormSchema<{ title: string }>): Promise<string> {
  const { fields } = await imgwire.receive(req, { form }).catch((error: ImgwireError) => {
    is<Same<typeof error.issues, readonly FormIssue[] | undefined>>();
    throw error;
  });
  is<Same<typeof fields, { title: string }>>();
  return fields.title;
}

export async function use(): Promise<void> {
  const input: UploadInput = { file: Buffer.alloc(1), fileName: 'a.png' };
  const image = await imgwire.upload(input);
  is<Same<typeof image, ImgwireImage>>();
  await imgwire.upload({ file: Readable.from([]), contentLength: 1, waitUntilReady: true });
  await imgwire.upload({ file: new Blob([]) });
  await imgwire.upload({ ...input, accept: ['image/png'], limits: { fileSize: 1024 }, maxPixels: 1_000_000 });
  // @ts-expect-error -- a limit of forms
  await imgwire.upload({ ...input, limits: { files: 1 } });
  for await (const result of imgwire.uploadMany([input], { concurrency: 2 })) {
    is<Same<typeof result, ManyResult<UploadInput, ImgwireImage>>>();
  }
  await imgwire.uploadViaUrl({ url: 'https://example.com/a.png' });
  const page = await imgwire.list({ page: 1, limit: 10 });
  is<Same<typeof page, Page<ImgwireImage>>>();
  const token = await imgwire.createUploadToken();
  is<Same<typeof token, UploadToken>>();
  await imgwire.waitUntilReady(image);
  const record: ImageRecord = await imgwire.retrieve(image.id);
  is<Same<typeof record.width, number>>();
  await imgwire.delete(image.id);
  for await (const each of imgwire.listAll({ limit: 100 })) is<Same<typeof each, ImgwireImage>>();
  await imgwire.bulkDelete([image.id]);
  const job = await imgwire.createBulkDownloadJob([image.id]);
  is<Same<typeof job.download_url, string | null>>();
  const ready = await imgwire.waitUntilDownloadReady(job);
  is<Same<typeof ready.download_url, string>>();
  const direct = await imgwire.createDirectUpload({ fileName: 'a.png', mimeType: 'image/png' });
  is<Same<typeof direct.uploadUrl, string>>();
  const origins = await imgwire.listCorsOrigins({ limit: 100 });
  is<Same<typeof origins, Page<CorsOrigin>>>();
  const domain = await imgwire.retrieveCustomDomain();
  is<Same<typeof domain, CustomDomain | null>>();
  const stats = await imgwire.getMetricsStats({ interval: 'DAILY', dateStart: new Date(0) });
  is<Same<typeof stats.uploads.prev, number>>();
  const { storage_bytes } = await imgwire.getMetricsDatasets();
  is<Same<(typeof storage_bytes)[number]['storage_bytes_added'], number>>();
  // @ts-expect-error -- an interval of the service is in capitals
  await imgwire.getMetricsStats({ interval: 'daily' });
  const engine = imgwire.storage();
  is<Same<typeof engine, StorageEngine>>();
  const { transformations } = parseTransformations(new URLSearchParams('width=10'));
  const url = imageUrl(record.cdn_url, transformations);
  is<Same<typeof url, string>>();
  console.info(imageUrl(record, { width: 10 }));
  const sources = srcset(record, [320, 640], { format: 'auto', quality: 'auto' });
  is<Same<typeof sources, string>>();
  // @ts-expect-error -- the widths decide it
  srcset(record.cdn_url, [320], { width: 10 });
  const error = new ImgwireError('EMPTY_FILE', { cause: new Error('none'), field: 'avatar' });
  is<Same<typeof error.status, number>>();
  console.info(IMAGE_TYPES.length, Object.keys(IMGWIRE_ERROR_CODES));
  await imgwire.close();
}
