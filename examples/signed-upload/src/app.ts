import { fileURLToPath } from 'node:url';
import { type ImgwireOptions, imgwireUploadToken } from '@imgwire/express';
import express, { type Express } from 'express';
import { login, logout, sessions } from './session.ts';

const page = fileURLToPath(new URL('../page', import.meta.url));
const shared = fileURLToPath(new URL('../../shared', import.meta.url));

/** The configuration of the page's Imgwire client. It is public, and so is a client key. */
export interface BrowserOptions {
  /** A client key (`ck_…`). */
  readonly apiKey: string;
  readonly baseUrl: string;
}

/** The example: a login, a token for users who are logged in, and a page that uploads directly to Imgwire. */
export function createSignedUpload(server: ImgwireOptions, browser: BrowserOptions): Express {
  const app = express();
  app.use(express.static(page));
  // What the page calls ../../shared: a URL does not lead above the root.
  app.use('/shared', express.static(shared));
  app.use(sessions());
  app.post('/login', login);
  app.post('/logout', logout);
  app.get('/api/session', (req, res) => {
    res.set('Cache-Control', 'no-store').json({ user: req.session.user ?? null, imgwire: browser });
  });
  app.all(
    '/api/imgwire/upload-token',
    imgwireUploadToken({ ...server, authorize: (req) => Boolean(req.session.user) }),
  );
  return app;
}
