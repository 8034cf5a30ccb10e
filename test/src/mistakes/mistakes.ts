// @ts-nocheck -- what is shown here is what the types refuse.
import {
  createImgwire,
  imgwireDirectUpload,
  imgwireErrorHandler,
  imgwireStorage,
  imgwireUpload,
  imgwireUploadToken,
  imgwireUploadViaUrl,
  srcset,
  withImage,
} from '@imgwire/express';
import {
  createImgwireUploadTokenController,
  ImgwireBodyInterceptor,
  ImgwireFileInterceptor,
  ImgwireModule,
  UploadedImage,
} from '@imgwire/nestjs';
import * as web from '@imgwire/web';
import { ParseFilePipe, UseInterceptors } from '@nestjs/common';
import { FileInterceptor } from '@nestjs/platform-express';
import express from 'express';
import { validator } from 'hono/validator';
import { z } from 'zod';

// packages/core/docs/mistakes.md has the text of each function, as it stands here.

/** What goes wrong with keys and addresses, with nothing in the environment. */
export const CONNECTIONS = [
  () => imgwireUpload(),
  () => imgwireUpload({ apiKey: 'ck_4f7a' }),
  () => imgwireUpload({ apiKey: 'Bearer sk_4f7a' }),
  () => imgwireUpload({ apiKey: '"sk_4f7a"' }),
  () => imgwireUpload({ apiKey: 'your-api-key' }),
  () => imgwireUpload({ token: 'sk_4f7a' }),
  () => imgwireUpload({ apiKey: 'sk_4f7a', baseUrl: 'localhost:4010' }),
  () => imgwireUpload({ imgwire: createImgwire }),
];

/** What is written where a middleware or a route is made. */
export const OPTIONS = [
  () => imgwireUpload({ fileSize: 1024 }),
  () => imgwireUpload({ maxFileSize: 1024 }),
  () => imgwireUpload({ limits: { filesize: 1024 } }),
  () => imgwireUpload({ limits: { fileSize: '10mb' } }),
  () => imgwireUpload({ limits: { files: '5' } }),
  () => imgwireUpload({ stallTimeoutMs: '30s' }),
  () => imgwireUpload({ accept: ['image/*'] }),
  () => imgwireUpload({ accept: ['.png'] }),
  () => imgwireUpload({ accept: 'image/png' }),
  () => imgwireUpload({ fileFilter: () => true }),
  () => imgwireUpload({ dest: 'uploads/' }),
  () => imgwireUpload({ purpose: 'avatar' }),
  () => imgwireUpload({ timeout: 5000 }),
  () => imgwireUpload({ idleTimeout: 5000 }),
  () => imgwireUpload({ authorize: true }),
  () => imgwireUpload({ minPixels: 400 }),
  () => imgwireUpload({ onFileError: 'continue' }),
  () => imgwireUpload({ scan: 'clamd://127.0.0.1:3310' }),
  () => imgwireUpload({ form: { title: z.string() } }),
  () => imgwireUpload({ form: { type: 'object', properties: { title: { type: 'string' } } } }),
  () => imgwireUpload({ form: (fields) => fields.title !== '' }),
  () => imgwireStorage({ form: z.object({ title: z.string() }) }),
  () => imgwireDirectUpload({ authorize: () => true, subject: null, form: z.object({ title: z.string() }) }),
  ({ upload }) => upload.single(),
  ({ upload }) => upload.single('avatar', 5),
  ({ upload }) => upload.array('photos', '5'),
  ({ upload }) => upload.array('photos', { maxCount: 5 }),
  ({ upload }) => upload.fields(['avatar', 'cover']),
  ({ upload }) => upload.fields([{ name: 'avatar' }, { name: 'avatar', maxCount: 2 }]),
  ({ upload }) => upload.body('avatar'),
  ({ upload }) => upload.body({ fields: [{ name: 'avatar' }] }),
  ({ upload }) => upload.body({ limits: { files: 1 } }),
  ({ upload }) => upload.body({ fileSize: 1024 }),
  () => imgwireUploadToken({}),
  () => imgwireUploadToken({ authorize: () => true, allowedOrigins: ['https://app.example.com/'] }),
  () => imgwireUploadToken({ authorize: () => true, onStored: () => undefined }),
  () => imgwireDirectUpload({ authorize: () => true }),
  () => imgwireDirectUpload({ authorize: () => true, subject: null, hashAlgorithm: 'sha256' }),
  () => imgwireDirectUpload({ authorize: () => true, subject: null, scan: () => true }),
  () => imgwireDirectUpload({ authorize: () => true, subject: null, ticketSecret: 'secret' }),
  () => imgwireUploadViaUrl({}),
  () => imgwireUploadViaUrl({ allowedHosts: ['https://images.example.com'] }),
  () => imgwireUploadViaUrl({ allowedHosts: ['images.example.com:443'] }),
  () => imgwireUploadViaUrl({ allowedHosts: ['café.example'] }),
  () => imgwireUploadViaUrl({ allowedHosts: ['images.example.com'], mimeType: 'image/png' }),
];

/** Calls of a connection, with the `bytes` of a picture and an `image` that is stored. */
export const CALLS = [
  ({ imgwire }) => imgwire.upload(),
  ({ imgwire, bytes }) => imgwire.upload(bytes),
  ({ imgwire }) => imgwire.upload({ file: 'cat.jpg' }),
  ({ imgwire, bytes }) => imgwire.upload({ file: bytes, mimeType: 'image/gif' }),
  ({ imgwire, bytes }) => imgwire.upload({ file: bytes, fileSize: 1024 }),
  ({ imgwire, bytes }) => imgwire.upload({ file: bytes, accept: 'image/png' }),
  ({ imgwire }) => imgwire.uploadViaUrl('https://images.example.com/cat.jpg'),
  ({ imgwire }) => imgwire.uploadViaUrlMany('https://images.example.com/cat.jpg'),
  ({ imgwire }) => imgwire.list({ foo: 1 }),
  ({ imgwire }) => imgwire.list({ pageSize: 50 }),
  ({ imgwire }) => imgwire.getMetricsStats({ interval: 'daily' }),
  ({ imgwire }) => imgwire.getMetricsStats({ dateStart: '2026-01-01' }),
  ({ imgwire, image }) => imgwire.delete(image),
  ({ imgwire, image }) => imgwire.waitUntilReady(image, { timeout: 5000 }),
  ({ image }) => image.url({ Width: 300 }),
  ({ image }) => image.url({ preset: 'big' }),
  ({ image }) => srcset(image, 640),
  ({ image }) => srcset(image, [320, 640], { dpr: 2 }),
];

/** Routes of Express, to which a form is posted. */
export const ROUTES = [
  ({ app }) => app.use(imgwireUpload),
  ({ app }) => app.use(imgwireErrorHandler),
  ({ app, upload, save }) => app.post('/avatar', upload.single, save),
  ({ app, upload, save }) => app.post('/avatar', upload.body, save),
  ({ app, upload, save }) => app.use(imgwireUpload()).post('/avatar', upload.single('avatar'), save),
  ({ app, upload, save }) =>
    app.use(express.raw({ type: '*/*' })).post('/avatar', upload.single('avatar'), save),
  ({ app }) =>
    app.post(
      '/avatar',
      withImage((req, res) => res.json(req.image)),
    ),
];

/** Routes of Fastify, likewise. */
export const HOOKS = [
  ({ app, save }) => app.post('/avatar', { preHandler: app.imgwire.single }, save),
  ({ app, save }) => app.put('/avatar', { preHandler: app.imgwire.body }, save),
  ({ app, save }) => app.post('/avatar', { preHandler: app.imgwire.uploadViaUrl }, save),
  ({ app, save }) =>
    app.post('/avatar', { preHandler: [app.imgwire.any(), app.imgwire.single('avatar')] }, save),
];

/** Handlers of web requests, to which a form is posted. */
export const HANDLERS = [
  () => ({ POST: web.imgwireUpload }),
  () => ({ POST: web.imgwireUpload().single('avatar').handler }),
  () => ({ POST: web.imgwireUpload().body }),
  ({ avatar }) => ({ POST: avatar.handler(({ image }) => ({ id: image.id })) }),
  ({ app, avatar }) => app.post('/avatar', (c) => avatar.receive(c)),
  ({ app, avatar, save }) => app.post('/avatar', avatar.handler(save)),
  ({ app, avatar }) =>
    app.post(
      '/avatar',
      validator('form', (form) => form),
      (c) => avatar.receive(c.req.raw),
    ),
];

/** Modules of Nest, which are started. */
export const MODULES = [
  () => ({ imports: [ImgwireModule] }),
  () => ({ imports: [ImgwireModule.forRoot({ accepts: ['image/png'] })] }),
  () => ({ imports: [ImgwireModule.forRootAsync({ useFactory: () => ({}), accept: ['image/png'] })] }),
  () => ({ imports: [ImgwireModule.forRootAsync({ useFactory: () => ({ isGlobal: true }) })] }),
  () => ({ imports: [ImgwireModule.forRootAsync({})] }),
  () => ({ imports: [ImgwireModule.forRoot({ global: true })] }),
  () => ({ controllers: [createImgwireUploadTokenController({ path: 'token', authorize: () => true })] }),
];

/** What stands in front of a route of Nest, in a module without ImgwireModule. */
export const DECORATORS = [
  () => UseInterceptors(ImgwireFileInterceptor),
  () => UseInterceptors(ImgwireBodyInterceptor),
  () => UseInterceptors(ImgwireBodyInterceptor('avatar')),
  () => UseInterceptors(ImgwireFileInterceptor('avatar')),
  () => UseInterceptors(ImgwireFileInterceptor('avatar', { maxSize: 1024 })),
];

/** What stands in front of a route of Nest, and in front of its parameter, where ImgwireModule is imported. */
export const PARAMETERS = [
  () => [UseInterceptors(ImgwireFileInterceptor('avatar')), UploadedImage('photo')],
  () => [UseInterceptors(FileInterceptor('avatar'), ImgwireFileInterceptor('avatar')), UploadedImage()],
  () => [
    UseInterceptors(ImgwireFileInterceptor('avatar')),
    UploadedImage(new ParseFilePipe({ validators: [] })),
  ],
];
