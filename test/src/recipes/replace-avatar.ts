import {
  createImgwire,
  type ImgwireImage,
  type ImgwireOptions,
  imgwireErrorHandler,
  imgwireUpload,
} from '@imgwire/express';
import express, { type Express, type RequestHandler } from 'express';
import type Database from 'libsql';

/**
 * @param requireUser puts the id of the user into `res.locals.user`
 * @param keepForLater called with the id of an image that could not be deleted
 */
export function createApp(
  db: Database.Database,
  requireUser: RequestHandler,
  keepForLater: (imageId: string, error: unknown) => void,
  options: ImgwireOptions = {},
): Express {
  const replace = replaceIn(db);
  const imgwire = createImgwire(options);
  const upload = imgwireUpload({ imgwire, required: true });
  const app = express();

  app.put('/avatar', requireUser, upload.single('avatar'), async (req, res) => {
    const avatar = req.image as ImgwireImage; // there is one: it is required
    let before: string | undefined;
    try {
      before = replace(res.locals['user'], avatar);
    } catch (error) {
      await req.imgwire?.discard();
      throw error;
    }
    // From here on the row has the new avatar: a failure to delete the old one must not fail the request.
    if (before) await imgwire.delete(before).catch((error) => keepForLater(before, error));
    res.json({ url: avatar.url({ preset: 'thumbnail', format: 'auto', quality: 'auto' }) });
  });
  app.use(imgwireErrorHandler());
  return app;
}

/** Sets the avatar of a user in one transaction, and returns the id of the one before. */
function replaceIn(db: Database.Database): (user: string, avatar: ImgwireImage) => string | undefined {
  db.exec(
    'CREATE TABLE IF NOT EXISTS avatars (user TEXT PRIMARY KEY, image_id TEXT NOT NULL, cdn_url TEXT NOT NULL)',
  );
  const select = db.prepare('SELECT image_id FROM avatars WHERE user = ?');
  const upsert = db.prepare('INSERT OR REPLACE INTO avatars VALUES (?, ?, ?)');
  return db.transaction((user: string, { id, cdn_url }: ImgwireImage) => {
    const before = select.get(user) as { readonly image_id: string } | undefined;
    upsert.run(user, id, cdn_url);
    return before?.image_id;
  });
}
