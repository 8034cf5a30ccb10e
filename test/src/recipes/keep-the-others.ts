import { type ImgwireUploadOptions, imgwireErrorHandler, imgwireUpload } from '@imgwire/express';
import express, { type Express } from 'express';

export function createApp(options: ImgwireUploadOptions = {}): Express {
  const upload = imgwireUpload({ minWidth: 800, onFileError: 'skip', ...options });
  const app = express();

  app.post('/photos', upload.array('photos', 20), (req, res) => {
    const stored = req.imgwire?.files.map(({ image, originalname }) => ({
      id: image.id,
      name: originalname,
    }));
    res.status(201).json({ stored, rejected: req.imgwire?.rejected }); // as JSON, errors are problem details
  });
  app.use(imgwireErrorHandler());
  return app;
}
