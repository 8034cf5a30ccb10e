import { type ImgwireUploadOptions, imgwireErrorHandler, imgwireUpload } from '@imgwire/express';
import express, { type Express } from 'express';
import { z } from 'zod';

const Post = z.object({
  title: z.string().trim().min(1).max(80),
  rating: z.coerce.number().int().min(1).max(5), // a form has only strings
  tags: z.array(z.string()).default([]), // tags[]=a, tags[]=b
});

export function createApp(options: ImgwireUploadOptions = {}): Express {
  const upload = imgwireUpload({ required: true, ...options });
  const app = express();

  app.post('/posts', upload.single('picture', { form: Post }), (req, res) => {
    res.status(201).json({ ...req.body, picture: req.image?.id });
  });
  app.use(imgwireErrorHandler());
  return app;
}
