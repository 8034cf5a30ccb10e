import {
  type CreateBody,
  createImgwire,
  type ImgwireClientLike,
  type ImgwireStorageOptions,
  imgwireStorage,
  imgwireUpload,
  imgwireUploadToken,
  imgwireUploadViaUrl,
} from '@imgwire/express';
import {
  ImgwireFileInterceptor,
  ImgwireModule,
  type ImgwireModuleOptions,
  imgwireStorage as nestStorage,
} from '@imgwire/nestjs';
import { ImgwireClient } from '@imgwire/node';

const client = new ImgwireClient({ apiKey: 'sk_1' });
const authorize = (): boolean => true;
const allowedHosts = ['images.example.com'];
const options: ImgwireModuleOptions = { client };
const storage: ImgwireStorageOptions = { client };

/** A client as it is declared is taken by everything that takes connection options. */
export const overTheSdk = [
  createImgwire({ client }),
  imgwireUpload({ client }),
  imgwireUploadToken({ client, authorize }),
  imgwireUploadViaUrl({ client, allowedHosts }),
  imgwireStorage(storage),
  nestStorage({ client }),
  ImgwireModule.forRoot({ client, isGlobal: true }),
  ImgwireModule.forRootAsync({ useFactory: () => ({ client }) }),
  ImgwireModule.forRootAsync({ useFactory: async () => options }),
  ImgwireFileInterceptor('avatar', { imgwire: createImgwire({ client }) }),
];

/** And what the environment may lack, by everything that takes a key. */
const apiKey = process.env['IMGWIRE_API_KEY'];
const baseUrl = process.env['IMGWIRE_API_BASE_URL'];
export const fromTheEnvironment = [
  createImgwire({ apiKey, baseUrl }),
  imgwireUpload({ apiKey, baseUrl }),
  imgwireUploadToken({ apiKey, baseUrl, authorize }),
  imgwireUploadViaUrl({ apiKey, baseUrl, allowedHosts }),
  imgwireStorage({ apiKey, baseUrl }),
  nestStorage({ apiKey, baseUrl }),
  ImgwireModule.forRoot({ apiKey, baseUrl }),
  ImgwireModule.forRootAsync({ useFactory: () => ({ apiKey, baseUrl }) }),
];

/** A stand-in in the words of these packages. */
export const standIn: ImgwireClientLike = {
  images: {
    create: async (body: CreateBody) => ({
      image: { id: body.file_name },
      upload_url: 'https://example.com',
    }),
    retrieve: async (id: string) => ({ id }),
    list: async (query: { page?: number; limit?: number }) => ({ data: [query], pagination: {} }),
    delete: async () => undefined,
    uploadViaUrl: async (input: { url: string; mimeType?: string }) => input,
    createUploadToken: async () => ({ token: 'ut_1' }),
  },
};
// @ts-expect-error -- no client
createImgwire({ client: {} });
// @ts-expect-error -- half a client
createImgwire({ client: { images: { create: standIn.images.create } } });
