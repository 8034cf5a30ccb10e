import { type ImgwireUploadOptions, imgwireErrorHandler, imgwireUpload } from '@imgwire/express';
import express, { type Express, type RequestHandler } from 'express';

/** Lets the pages of these origins read the responses, those of errors too. */
const allowOrigins =
  (...origins: readonly string[]): RequestHandler =>
  (req, res, next) => {
    const { origin } = req.headers;
    res.vary('Origin');
    if (origin && origins.includes(origin)) {
      res.set({
        'Access-Control-Allow-Origin': origin,
        'Access-Control-Allow-Headers': 'Authorization', // those that your pages send
      });
    }
    if (req.method === 'OPTIONS') res.sendStatus(204);
    else next();
  };

export function createApp(options: ImgwireUploadOptions = {}): Express {
  const upload = imgwireUpload({ required: true, ...options });
  const app = express();

  app.use(allowOrigins('https://www.example.com')); // in front of the routes
  app.post('/avatar', upload.single('avatar'), (req, res) => {
    res.json({ id: req.image?.id });
  });
  app.use(imgwireErrorHandler());
  return app;
}
