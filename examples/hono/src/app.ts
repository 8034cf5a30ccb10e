import { openAsBlob } from 'node:fs';
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
import { recordedSteps, recordSteps, type Step } from '../../shared/record-steps.ts';
import { statementOf } from '../../shared/statement-of.ts';
import { pagesOf } from './page.ts';

/** The user who may look, upload and delete. */
export interface GalleryUser {
  readonly username: string;
  readonly password: string;
}

const SAMPLE = new URL('../../demo/lake.jpg', import.meta.url);

/** The example: a page with a form and the images, which works without a script in the browser. */
export function createGallery(options: ImgwireOptions, user: GalleryUser): Hono {
  const app = new Hono();
  const imgwire = createImgwire(options);
  const images = imgwireUpload({ imgwire, required: true, waitUntilReady: true }).array('images');
  // basicAuth() has checked the user before.
  const uploadToken = imgwireUploadToken({ imgwire, authorize: () => true });
  const { galleryPage, messagePage } = pagesOf(options.baseUrl, {
    file: 'examples/hono/src/app.ts',
    route: statementOf(new URL(import.meta.url), "app.post('/images'"),
  });
  // Of the only user, for the page. Yours may have it in a session.
  let last: readonly Step[] | undefined;

  // Both check the request before a byte of its body is read.
  app.use(basicAuth({ ...user }), csrf());

  const list = async () => (await imgwire.list({ limit: 24 })).data;
  app.get('/', async (c) => c.html(galleryPage({ images: await list(), steps: last })));

  app.use((_c, next) => recordSteps(next));
  app.post('/images', async (c) => {
    await images.receive(c.req.raw);
    last = recordedSteps();
    // So that to load the page again does not send the form again.
    return c.redirect('/', 303);
  });
  app.post('/sample', async (c) => {
    await imgwire.upload({ file: await openAsBlob(SAMPLE), fileName: 'lake.jpg', waitUntilReady: true });
    last = recordedSteps();
    return c.redirect('/', 303);
  });
  app.post('/images/:id/delete', async (c) => {
    await imgwire.delete(c.req.param('id'));
    return c.redirect('/', 303);
  });
  app.all('/api/imgwire/upload-token', (c) => uploadToken(c.req.raw));

  app.notFound((c) => c.html(messagePage('There is no such page.'), 404));
  app.onError(async (error, c) => {
    if (isImgwireError(error)) {
      // The page does not show the cause, so log it.
      reportFault(error);
      // The same page, with what is wrong beside the form; without the images, if it is the list that fails.
      const shown = c.req.method === 'POST' ? await list().catch(() => undefined) : undefined;
      const page = galleryPage({ images: shown, problem: error.message, steps: last });
      return c.html(page, error.status as ContentfulStatusCode, error.headers);
    }
    if (error instanceof HTTPException) {
      const { status, headers } = error.getResponse();
      const message = status === 401 ? 'Sign in to see the gallery.' : 'This request came from another site.';
      return c.html(messagePage(message), status as ContentfulStatusCode, pick(headers, 'www-authenticate'));
    }
    console.error(error);
    return c.html(messagePage('Something went wrong here.'), 500);
  });
  return app;
}

function pick(headers: Headers, name: string): Record<string, string> {
  const value = headers.get(name);
  return value === null ? {} : { [name]: value };
}
