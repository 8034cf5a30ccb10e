import { type ImgwireUploadOptions, imageUrl, imgwireErrorHandler, imgwireUpload } from '@imgwire/express';
import express, { type Express } from 'express';
import type Database from 'libsql';

const TABLE = `CREATE TABLE IF NOT EXISTS pictures (
  image_id TEXT PRIMARY KEY,  -- finds and deletes it at Imgwire
  cdn_url TEXT NOT NULL,      -- every delivery URL is built from it
  file_name TEXT NOT NULL,    -- the client's: for people, never a path
  width INTEGER, height INTEGER
)`;
interface Picture {
  readonly cdn_url: string;
  readonly file_name: string;
  readonly width: number | null;
  readonly height: number | null;
}

export function createApp(db: Database.Database, options: ImgwireUploadOptions = {}): Express {
  db.exec(TABLE);
  const insert = db.prepare('INSERT INTO pictures VALUES (?, ?, ?, ?, ?)');
  const select = db.prepare('SELECT * FROM pictures ORDER BY file_name');
  const upload = imgwireUpload(options);
  const app = express();

  app.post('/pictures', upload.array('pictures'), async (req, res) => {
    try {
      db.transaction(() => {
        for (const { image, originalname, width = null, height = null } of req.imgwire?.files ?? [])
          insert.run(image.id, image.cdn_url, originalname, width, height);
      })();
    } catch (error) {
      await req.imgwire?.discard();
      throw error;
    }
    res.sendStatus(201);
  });

  app.get('/pictures', (_req, res) => {
    const pictures = select.all() as Picture[];
    res.json(
      pictures.map(({ cdn_url, ...picture }) => ({
        ...picture,
        url: imageUrl(cdn_url, { preset: 'medium', format: 'auto', quality: 'auto' }),
      })),
    );
  });
  app.use(imgwireErrorHandler());
  return app;
}
