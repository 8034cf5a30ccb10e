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

  app.post('/posts', upload.single('picture'), async (req, res) => {
    const post = Post.safeParse(req.body);
    if (!post.success) {
      await req.imgwire?.discard();
      res.status(422).json(z.flattenError(post.error).fieldErrors);
      return;
    }
    res.status(201).json({ ...post.data, picture: req.image?.id });
  });
  app.use(imgwireErrorHandler());
  return app;
}
