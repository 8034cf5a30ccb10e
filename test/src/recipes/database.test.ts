import { type Emulator, startEmulator } from '@imgwire/emulator';
import type { Express } from 'express';
import Database from 'libsql';
import request, { type Response } from 'supertest';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { image } from '../support/images.ts';
import { createApp as createPictures } from './pictures.ts';
import { createApp as createAvatars } from './replace-avatar.ts';

let emulator: Emulator;
let db: Database.Database;
let app: Express;
beforeAll(async () => {
  emulator = await startEmulator();
});
beforeEach(() => {
  db = new Database(':memory:');
});
afterEach(async () => {
  db.close();
  await emulator.reset();
});
afterAll(() => emulator.close());

const connection = (): { apiKey: string; baseUrl: string } => ({
  apiKey: emulator.apiKey,
  baseUrl: emulator.url,
});
const stored = (): Set<string> => new Set(emulator.images.list().map(({ id }) => id));

describe('pictures in a database', () => {
  beforeEach(() => {
    app = createPictures(db, connection());
  });
  const post = async (): Promise<Response> =>
    request(app)
      .post('/pictures')
      .attach('pictures', await image('image/png'), 'a.png')
      .attach('pictures', await image('image/jpeg'), 'b.jpg');

  it('have what it takes to show and to delete them', async () => {
    expect((await post()).status).toBe(201);
    const { body } = await request(app).get('/pictures');
    const pictures = body as { image_id: string; file_name: string; url: string }[];
    expect(pictures.map((picture) => picture.file_name)).toEqual(['a.png', 'b.jpg']);
    expect(pictures[0]).toMatchObject({ width: 96, height: 64 });
    expect(new Set(pictures.map((picture) => picture.image_id))).toEqual(stored());
    expect((await fetch(pictures[0]?.url ?? '')).headers.get('content-type')).toMatch(/^image\//);
  });

  it('are not left at Imgwire when the database fails', async () => {
    db.exec('DROP TABLE pictures');
    expect((await post()).status).toBe(500);
    expect(stored()).toEqual(new Set());
  });
});

describe('an avatar', () => {
  let kept: string[];
  beforeEach(() => {
    kept = [];
    app = createAvatars(
      db,
      (req, res, next) => {
        res.locals['user'] = req.get('x-user');
        next();
      },
      (imageId) => kept.push(imageId),
      connection(),
    );
  });
  const put = async (user: string): Promise<number> => {
    const bytes = await image('image/png');
    return (await request(app).put('/avatar').set('x-user', user).attach('avatar', bytes, 'me.png')).status;
  };
  const avatars = (): Set<string> => {
    const rows = db.prepare('SELECT image_id FROM avatars').all() as { image_id: string }[];
    return new Set(rows.map((row) => row.image_id));
  };

  it('replaces the one before, which is deleted', async () => {
    expect([await put('ann'), await put('ben'), await put('ann')]).toEqual([200, 200, 200]);
    expect(avatars().size).toBe(2);
    expect(stored()).toEqual(avatars());
  });

  it('is one of those sent at once, and nothing of the others is left', async () => {
    await Promise.all([put('ann'), put('ann'), put('ann'), put('ann')]);
    expect(avatars().size).toBe(1);
    expect(stored()).toEqual(avatars());
  });

  it('stays when the database fails, and the new one is deleted', async () => {
    await put('ann');
    const before = avatars();
    db.exec("CREATE TRIGGER full BEFORE INSERT ON avatars BEGIN SELECT RAISE(ABORT, 'full'); END");
    expect(await put('ann')).toBe(500);
    expect(avatars()).toEqual(before);
    expect(stored()).toEqual(before);
  });

  it('is replaced also when the one before cannot be deleted, which is kept for later', async () => {
    await put('ann');
    const before = avatars();
    emulator.faults.add({ route: 'delete', status: 403 });
    expect(await put('ann')).toBe(200);
    expect(new Set(kept)).toEqual(before);
    expect(stored()).toEqual(new Set([...before, ...avatars()]));
  });
});
