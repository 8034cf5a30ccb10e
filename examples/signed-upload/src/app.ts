import { fileURLToPath } from 'node:url';
import {
  createImgwire,
  ImgwireError,
  type ImgwireOptions,
  imgwireDirectUpload,
  imgwireUploadToken,
} from '@imgwire/express';
import express, { type Express, type Request } from 'express';
import { clientModule } from './client-module.ts';
import { Photos } from './photos.ts';
import { login, logout, sessions } from './session.ts';

const page = fileURLToPath(new URL('../page', import.meta.url));
const look = fileURLToPath(new URL('../../../packages/emulator/page/look.css', import.meta.url));
const shared = fileURLToPath(new URL('../../shared', import.meta.url));

/** The configuration of the page's Imgwire client. It is public, and so is a client key. */
export interface BrowserOptions {
  /** A client key (`ck_…`). */
  readonly apiKey: string;
  readonly baseUrl: string;
}

/** What the server holds direct uploads to. The page says the same. */
const RULES = {
  accept: ['image/jpeg', 'image/png', 'image/webp'],
  maxPixels: 16_000_000,
  limits: { fileSize: 5 * 1024 * 1024 },
} as const;

/** @throws ImgwireError `UNAUTHORIZED`, which the page shows */
function requireUser({ session }: Request): true {
  if (session.user === undefined) throw new ImgwireError('UNAUTHORIZED');
  return true;
}

/** The example: a login, and a page that uploads straight to Imgwire, with a token or under the rules of this server. */
export function createSignedUpload(server: ImgwireOptions, browser: BrowserOptions): Express {
  const app = express();
  const imgwire = createImgwire(server);
  const photos = new Photos();
  const client = clientModule();
  app.use(express.static(page));
  // What the page calls ../../shared: a URL does not lead above the root.
  app.use('/shared', express.static(shared));
  app.get('/look.css', (_req, res) => res.sendFile(look));
  // Where the import map of the page says that `@imgwire/client` is.
  app.get('/client.js', (_req, res) => {
    res.type('js').send(client);
  });
  app.use(sessions());
  app.post('/login', login);
  app.post('/logout', logout);
  app.get('/api/session', (req, res) => {
    res.set('Cache-Control', 'no-store').json({ user: req.session.user ?? null, imgwire: browser });
  });
  app.all(
    '/api/imgwire/upload-token',
    imgwireUploadToken({ imgwire, authorize: (req) => Boolean(req.session.user) }),
  );
  app.all(
    '/api/photos',
    imgwireDirectUpload({
      imgwire,
      ...RULES,
      authorize: requireUser,
      subject: ({ session }) => String(session.user),
      onStored: (image, { session }) => ({
        photo: photos.add(String(session.user), image.id),
        url: image.url({ preset: 'medium' }),
      }),
    }),
  );
  return app;
}
