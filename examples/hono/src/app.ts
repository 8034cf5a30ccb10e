import {
  createImgwire,
  type ImgwireOptions,
  imgwireUpload,
  imgwireUploadToken,
  isImgwireError,
  reportFault,
} from '@imgwire/web';
import { Hono } from 'hono';
import { basicAuth } from 'hono/basic-auth';
import { csrf } from 'hono/csrf';
import { HTTPException } from 'hono/http-exception';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { galleryPage, problemPage } from './page.ts';

/** The user who may look, upload and delete. */
export interface GalleryUser {
  readonly username: string;
  readonly password: string;
}

/** The example: a page with a form and the images, which works without a script in the browser. */
export function createGallery(options: ImgwireOptions, user: GalleryUser): Hono {
  const app = new Hono();
  const imgwire = createImgwire(options);
  const images = imgwireUpload({ imgwire, required: true, waitUntilReady: true }).array('images');
  // basicAuth() has checked the user before.
  const uploadToken = imgwireUploadToken({ imgwire, authorize: () => true });

  // Both check the request before a byte of its body is read.
  app.use(basicAuth({ ...user }), csrf());

  app.get('/', async (c) => c.html(galleryPage((await imgwire.list({ limit: 24 })).data, options.baseUrl)));
  app.post('/images', async (c) => {
    await images.receive(c.req.raw);
    return c.redirect('/', 303);
  });
  app.post('/images/:id/delete', async (c) => {
    await imgwire.delete(c.req.param('id'));
    return c.redirect('/', 303);
  });
  app.all('/api/imgwire/upload-token', (c) => uploadToken(c.req.raw));

  app.onError((error, c) => {
    if (isImgwireError(error)) {
      // The page does not show the cause, so log it.
      reportFault(error);
      return c.html(
        problemPage(error.message, options.baseUrl),
        error.status as ContentfulStatusCode,
        error.headers,
      );
    }
    if (error instanceof HTTPException) return error.getResponse();
    console.error(error);
    return c.text('Internal Server Error', 500);
  });
  return app;
}
