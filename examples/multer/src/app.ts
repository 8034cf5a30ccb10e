import { type ImgwireStorageOptions, imgwireErrorHandler, imgwireStorage } from '@imgwire/express';
import express, { type ErrorRequestHandler, type Express } from 'express';
import multer from 'multer';

/** The example: an application with its own multer, whose storage is Imgwire. */
export function createListings(options: ImgwireStorageOptions = {}): Express {
  const app = express();
  const upload = multer({
    storage: imgwireStorage(options),
    defParamCharset: 'utf8',
    limits: { fileSize: 5 * 1024 * 1024, files: 4, fieldSize: 10_000, fields: 10 },
  });
  const pictures = upload.fields([
    { name: 'cover', maxCount: 1 },
    { name: 'photos', maxCount: 3 },
  ]);

  app.post('/avatar', upload.single('avatar'), ({ body, file }, res) => {
    res.json({ name: body.name, avatar: file && shown(file) });
  });
  app.post('/listings', pictures, ({ body, files }, res) => {
    const { cover = [], photos = [] } = files as Record<string, Express.Multer.File[]>;
    res.json({ ...body, cover: cover.map(shown), photos: photos.map(shown) });
  });
  app.use(sendMulterError, imgwireErrorHandler());
  return app;
}

const shown = ({ originalname, mimetype, size, image }: Express.Multer.File) => ({
  ...{ originalname, mimetype, size },
  id: image?.id,
  url: image?.url({ preset: 'medium', format: 'auto', quality: 'auto' }),
});

/** As it was: multer's errors are still multer's. */
const sendMulterError: ErrorRequestHandler = (error, _req, res, next) => {
  if (error instanceof multer.MulterError) {
    res.status(400).json({ error: error.message, code: error.code, field: error.field });
  } else next(error);
};
