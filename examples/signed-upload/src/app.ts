import { fileURLToPath } from 'node:url';
import { type ImgwireOptions, imgwireUploadToken } from '@imgwire/express';
import express, { type Express } from 'express';
import { login, logout, sessions } from './session.ts';

const page = fileURLToPath(new URL('../page', import.meta.url));

/** What the page's Imgwire client is made with. Anyone may see it: a client key is public. */
export interface BrowserOptions {
  /** A client key (`ck_…`). */
  readonly apiKey: string;
  readonly baseUrl: string;
}

/** The example: a login, a token for those who are logged in, and a page that uploads past this server. */
export function createSignedUpload(server: ImgwireOptions, browser: BrowserOptions): Express {
  const app = express();
  app.use(express.static(page));
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
