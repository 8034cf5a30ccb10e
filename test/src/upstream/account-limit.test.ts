import { createServer } from 'node:http';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { createImgwire, type Imgwire, imgwireErrorHandler, imgwireUpload } from '@imgwire/express';
import express from 'express';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { postForm } from '../support/client.ts';
import { image } from '../support/images.ts';
import { listen } from '../support/listen.ts';
import { TRANSPORTS } from '../support/transports.ts';

const png = await image('image/png');

/** The calls that make uploads, by the routes that are refused. */
const CALLS = {
  create: (imgwire: Imgwire) => imgwire.upload({ file: png }),
  upload_via_url: (imgwire: Imgwire) => imgwire.uploadViaUrl({ url: 'https://images.example.com/a.png' }),
  token: (imgwire: Imgwire) => imgwire.createUploadToken(),
} as const;

/** The service documents the type of this error, and no status. */
const RESPONSES = [
  { status: 402 },
  { status: 402, body: { detail: 'No active subscription.', error_type: 'PaymentRequiredError' } },
  { status: 400, body: { detail: 'The quota is used up.', error_type: 'PaymentRequiredError' } },
  { status: 403, body: { detail: 'The quota is used up.', error_type: 'PaymentRequiredError' } },
] as const;

describe.each(TRANSPORTS)('a limit of the account, over $transport', ({ connect }) => {
  let emulator: Emulator;
  let imgwire: Imgwire;
  let lines: unknown[];
  beforeEach(async () => {
    emulator = await startEmulator({ maximumPendingUploads: 5 });
    lines = [];
    const logger = { error: (line: object): void => void lines.push(line) };
    imgwire = createImgwire({ ...connect(emulator), logger });
  });
  afterEach(async () => {
    await imgwire.close();
    await emulator.close();
  });

  describe.each(RESPONSES)('as %j', (response) => {
    it.each(Object.entries(CALLS))('has its own code for %s, which is called once', async (route, call) => {
      emulator.faults.add({ route: route as keyof typeof CALLS, ...response });
      await expect(call(imgwire)).rejects.toMatchObject({
        code: 'ACCOUNT_LIMIT_REACHED',
        status: 503,
        message: 'The image service takes no more uploads at present. Try again later.',
        upstreamStatus: response.status,
        cause: { message: expect.stringContaining(`responded with ${response.status}: `) },
      });
      expect(emulator.requests).toHaveLength(1);
    });
  });

  it('is the cap of pending uploads, which is told apart from a bad picture and logged', async () => {
    for (let i = 0; i < 5; i++) await imgwire.createDirectUpload({ fileName: `${i}.png` });
    const app = express();
    app.post('/avatar', imgwireUpload({ imgwire }).single('avatar'), (_req, res) => void res.end());
    app.use(imgwireErrorHandler());
    const server = createServer(app);
    const url = await listen(server);
    const { status, json } = await postForm(`${url}/avatar`, [
      { name: 'avatar', fileName: 'a.png', bytes: png },
    ]);
    server.close();
    expect(status).toBe(503);
    expect(json).toMatchObject({ code: 'ACCOUNT_LIMIT_REACHED', field: 'avatar' });
    expect(lines).toMatchObject([
      {
        err: {
          code: 'ACCOUNT_LIMIT_REACHED',
          upstreamType: 'PaymentRequiredError',
          cause: { message: expect.stringContaining('This key may have 5 pending uploads at most.') },
        },
      },
    ]);
    const [first] = emulator.images.list();
    await imgwire.delete(first?.id ?? '');
    expect(await imgwire.upload({ file: png })).toMatchObject({ mime_type: 'image/png' });
  });
});
