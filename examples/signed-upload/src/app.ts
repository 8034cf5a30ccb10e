import {
  createImgwire,
  ImgwireError,
  type ImgwireOptions,
  imgwireDirectUpload,
  imgwireErrorHandler,
  imgwireUploadToken,
} from '@imgwire/express';
import express, { type Express, type Request } from 'express';
import { statementOf } from '../../shared/statement-of.ts';
import { Photos } from './photos.ts';
import { servePage } from './serve-page.ts';
import { login, logout, sessions } from './session.ts';

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
  const codeOf = (beginning: string): string => statementOf(new URL(import.meta.url), beginning);
  servePage(app, {
    file: 'examples/signed-upload/src/app.ts',
    token: codeOf('const uploadToken'),
    rules: codeOf('const directUpload'),
  });
  app.use(sessions());
  app.post('/login', login);
  app.post('/logout', logout);
  app.get('/api/session', (req, res) => {
    res.set('Cache-Control', 'no-store').json({ user: req.session.user ?? null, imgwire: browser });
  });

  const uploadToken = imgwireUploadToken({ imgwire, authorize: (req) => Boolean(req.session.user) });
  app.all('/api/imgwire/upload-token', uploadToken);

  const directUpload = imgwireDirectUpload({
    imgwire,
    ...RULES,
    authorize: requireUser,
    subject: ({ session }) => String(session.user),
    onStored: (image, { session }) => ({
      photo: photos.add(String(session.user), image.id),
      id: image.id,
      url: image.url({ preset: 'medium' }),
    }),
  });
  app.all('/api/photos', directUpload);

  app.delete('/api/photos/:id', async (req, res) => {
    requireUser(req);
    const user = String(req.session.user);
    const { id } = req.params;
    // The same for those of others as for those that are not there.
    if (!photos.has(user, id)) throw new ImgwireError('IMAGE_NOT_FOUND');
    await imgwire.delete(id);
    photos.remove(user, id);
    res.sendStatus(204);
  });

  app.use(imgwireErrorHandler());
  return app;
}
