import { ImgwireError } from '@imgwire/core';
import type { DirectUploadRules } from '@imgwire/core/adapter';
import { type Emulator, type EmulatorOptions, startEmulator } from '@imgwire/emulator';
import { describe, expect, it, type TestContext } from 'vitest';
import { type Begun, type DirectResponse, declare, postJson, put } from '../support/direct-client.ts';
import { makeImage } from '../support/images.ts';
import { inFull } from '../support/sample.ts';
import { DIRECT_TARGETS, type DirectTarget } from '../support/token-targets.ts';
import { throughTransports } from '../support/transports.ts';

const png = await makeImage('image/png', { width: 20, height: 10 });
const wide = await makeImage('image/png', { width: 200, height: 10 });
const jpeg = await makeImage('image/jpeg', { width: 20, height: 10 });
const pdf = Buffer.concat([Buffer.from('%PDF-1.7\n'), Buffer.alloc(200, 0x20)]);
const SECRET = 'a secret of more than thirty-two characters';

const VERDICTS: readonly (readonly [string, () => boolean | Promise<boolean>, number, string])[] = [
  ['false', () => false, 403, 'FORBIDDEN'],
  ['an error of its database', () => Promise.reject(new Error('down')), 503, 'AUTHORIZATION_UNAVAILABLE'],
];

interface Setup {
  readonly emulator: Emulator;
  readonly url: string;
  readonly stored: string[];
  begin(...files: readonly object[]): Promise<DirectResponse>;
  upload(bytes: Buffer, more?: object): Promise<Begun>;
  complete(...tickets: readonly string[]): Promise<DirectResponse>;
}

describe.concurrent.each(throughTransports(DIRECT_TARGETS))(
  'direct uploads on $name over $transport',
  ({ target, connect }) => {
    async function start(
      onTestFinished: TestContext['onTestFinished'],
      rules: Partial<DirectUploadRules<never>> = {},
      options: EmulatorOptions = {},
      on: DirectTarget = target,
    ): Promise<Setup> {
      const emulator = await startEmulator(options);
      onTestFinished(() => emulator.close());
      const stored: string[] = [];
      const app = await on.start({ ...connect(emulator), logger: {} }, {
        authorize: () => true,
        subject: ({ headers }: { headers: object }) => userOf(headers),
        ticketSecret: SECRET,
        onStored: ({ id }: { id: string }) => {
          stored.push(id);
          return { saved: id };
        },
        ...rules,
      } as never);
      onTestFinished(async () => void (await app.close()));
      const url = `${app.url}/photos`;
      const begin: Setup['begin'] = (...files) => postJson(url, { files });
      return {
        ...{ emulator, url, stored, begin },
        upload: async (bytes, more = {}) => {
          const { uploads } = await begin(declare(bytes, more));
          const [begun] = uploads as [Begun];
          expect(await put(begun, bytes)).toBe(200);
          return begun;
        },
        complete: (...completed) => postJson(url, { completed }),
      };
    }

    it('stores a PNG: one record, its bytes past the server, onStored once, and its data in the response', async ({
      onTestFinished,
    }) => {
      const { emulator, stored, begin, complete } = await start(onTestFinished);
      const { status, headers, uploads } = await begin(declare(png));
      const [begun] = uploads as [Begun];
      expect({ status, cache: headers.get('cache-control') }).toEqual({ status: 200, cache: 'no-store' });
      expect(begun).toEqual({
        imageId: expect.any(String),
        uploadUrl: expect.stringContaining(emulator.url),
        headers: { 'Content-Type': 'image/png' },
        ticket: expect.stringMatching(/^1\.[\w-]+\.[\w-]{43}$/),
        expiresAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      });
      expect(await put(begun, png)).toBe(200);
      const completed = await complete(begun.ticket);
      expect(completed.status).toBe(200);
      expect(completed.results).toEqual([
        { image: emulator.images.get(begun.imageId), data: { saved: begun.imageId } },
      ]);
      expect(stored).toEqual([begun.imageId]);
      expect(Buffer.compare((await emulator.images.bytes(begun.imageId)) as Buffer, png)).toBe(0);
    });

    it('rejects a PDF that is named .png before anything exists, by its first bytes', async ({
      onTestFinished,
    }) => {
      const { emulator, begin } = await start(onTestFinished);
      const { status, code } = await begin(declare(png), declare(pdf));
      expect({ status, code }).toEqual({ status: 415, code: 'UNSUPPORTED_IMAGE_TYPE' });
      expect(emulator.images.list()).toEqual([]);
    });

    it('stores an upload once, and responds, although what onStored returned is no JSON', async ({
      onTestFinished,
    }) => {
      const circle: { self?: unknown } = {};
      circle.self = circle;
      for (const data of [1n, circle]) {
        const { emulator, upload, complete } = await start(onTestFinished, { onStored: () => data });
        const { ticket, imageId } = await upload(png);
        const { status, results } = await complete(ticket);
        expect({ status, results }).toEqual({
          status: 200,
          results: [{ image: emulator.images.get(imageId) }],
        });
      }
    });

    if (!inFull(target)) return;

    it('deletes a PDF whose first bytes were not sent, as the service quarantines it', async ({
      onTestFinished,
    }) => {
      const { emulator, stored, upload, complete } = await start(onTestFinished);
      const { ticket } = await upload(pdf, { head: undefined });
      const { status, code, results } = await complete(ticket);
      expect({ status, code, results: results.map(({ error }) => error?.code) }).toEqual({
        status: 422,
        code: 'IMAGE_QUARANTINED',
        results: ['IMAGE_QUARANTINED'],
      });
      expect({ left: emulator.images.list(), stored }).toEqual({ left: [], stored: [] });
    });

    it('takes a PNG that is named .jpg for what it is, and declares that for the PUT', async ({
      onTestFinished,
    }) => {
      const { emulator, upload, complete } = await start(onTestFinished);
      const { ticket, headers, imageId } = await upload(png, { name: 'photo.jpg', type: 'image/jpeg' });
      expect(headers).toEqual({ 'Content-Type': 'image/png' });
      expect((await complete(ticket)).status).toBe(200);
      expect(emulator.images.get(imageId)).toMatchObject({
        original_filename: 'photo.jpg',
        mime_type: 'image/png',
      });
    });

    it.for(['a/.\n.', '..\u0000', '\u007f..'])(
      'gives an image no name of a folder for %j',
      async (name, context) => {
        const { emulator, begin } = await start(context.onTestFinished);
        expect((await begin(declare(png, { name }))).status).toBe(200);
        expect(emulator.images.list()).toMatchObject([{ original_filename: 'upload.png' }]);
      },
    );

    it.for([
      ['a size above the limit', { size: 50 * 1024 * 1024 + 1 }, 413, 'LIMIT_FILE_SIZE'],
      ['no bytes', { size: 0, head: undefined }, 400, 'EMPTY_FILE'],
      [
        'a type that is none',
        { type: 'text/html', name: 'a.html', head: undefined },
        415,
        'UNSUPPORTED_IMAGE_TYPE',
      ],
      ['a size that is no number', { size: '7' }, 400, 'INVALID_REQUEST'],
      ['a head that is no base64', { head: '§' }, 400, 'INVALID_REQUEST'],
      ['a head of more than 4 KiB', { head: 'A'.repeat(8192) }, 400, 'INVALID_REQUEST'],
      ['a field name that is too long', { field: 'f'.repeat(101) }, 400, 'LIMIT_FIELD_KEY'],
    ] as const)('rejects %s before anything exists', async ([, more, status, code], { onTestFinished }) => {
      const { emulator, begin } = await start(onTestFinished);
      expect(await begin(declare(png, more as object))).toMatchObject({ status, code });
      expect(emulator.images.list()).toEqual([]);
    });

    it('rejects more pixels than the rules take by the first bytes, and without them after the upload', async ({
      onTestFinished,
    }) => {
      const { emulator, stored, begin, upload, complete } = await start(onTestFinished, { maxPixels: 1000 });
      expect(await begin(declare(wide))).toMatchObject({ status: 413, code: 'TOO_MANY_PIXELS' });
      const { ticket } = await upload(wide, { head: undefined });
      expect(await complete(ticket)).toMatchObject({ status: 413, code: 'TOO_MANY_PIXELS' });
      expect({ left: emulator.images.list(), stored }).toEqual({ left: [], stored: [] });
    });

    it('rejects fewer pixels than the rules need, likewise', async ({ onTestFinished }) => {
      const { emulator, stored, begin, upload, complete } = await start(onTestFinished, { minWidth: 5000 });
      expect(await begin(declare(wide))).toMatchObject({ status: 422, code: 'IMAGE_TOO_SMALL' });
      const { ticket } = await upload(wide, { head: undefined });
      expect(await complete(ticket)).toMatchObject({ status: 422, code: 'IMAGE_TOO_SMALL' });
      expect({ left: emulator.images.list(), stored }).toEqual({ left: [], stored: [] });
    });

    it.for(['type', 'none'] as const)(
      'deletes what is larger than declared, where a presigned URL holds %s',
      async (presigned, { onTestFinished }) => {
        const { emulator, stored, begin, complete } = await start(onTestFinished, {}, { presigned });
        const { uploads } = await begin(declare(png));
        const [begun] = uploads as [Begun];
        expect(await put(begun, wide)).toBe(200);
        expect(wide.length).toBeGreaterThan(png.length);
        expect(await complete(begun.ticket)).toMatchObject({ status: 400, code: 'LENGTH_MISMATCH' });
        expect({ left: emulator.images.list(), stored }).toEqual({ left: [], stored: [] });
      },
    );

    it('deletes what is of another type than accepted, where a presigned URL holds nothing', async ({
      onTestFinished,
    }) => {
      const { emulator, begin, complete } = await start(
        onTestFinished,
        { accept: ['image/png'] },
        { presigned: 'none' },
      );
      const { uploads } = await begin(declare(jpeg, { head: undefined, type: 'image/png' }));
      const [begun] = uploads as [Begun];
      expect(await put(begun, jpeg)).toBe(200);
      expect(await complete(begun.ticket)).toMatchObject({ status: 415, code: 'UNSUPPORTED_IMAGE_TYPE' });
      expect(emulator.images.list()).toEqual([]);
    });

    it('waits for the dimensions of an image that is READY before they are known', async ({
      onTestFinished,
    }) => {
      const options = { readyDelayMs: 400, readyBeforeMetadata: true };
      const { emulator, stored, upload, complete } = await start(
        onTestFinished,
        { maxPixels: 1000 },
        options,
      );
      const { ticket } = await upload(wide, { head: undefined });
      expect(await complete(ticket)).toMatchObject({ status: 413, code: 'TOO_MANY_PIXELS' });
      expect({ left: emulator.images.list(), stored }).toEqual({ left: [], stored: [] });
    });

    it('is pending until the image is READY, also for bytes that never came', async ({ onTestFinished }) => {
      const { begin, complete, stored } = await start(onTestFinished);
      const [begun] = (await begin(declare(png))).uploads as [Begun];
      const early = complete(begun.ticket);
      await put(begun, png);
      expect((await early).status).toBe(200);
      const [other] = (await begin(declare(png))).uploads as [Begun];
      const { status, headers, results } = await complete(other.ticket);
      expect({ status, results, retry: headers.get('retry-after') }).toEqual({
        status: 202,
        results: [{ pending: true, status: 'PENDING', retryAfter: 1 }],
        retry: '1',
      });
      expect(stored).toEqual([begun.imageId]);
    });

    it('goes on for a page that was closed after its PUT', async ({ onTestFinished }) => {
      const { emulator, begin, url, stored } = await start(onTestFinished, {}, { readyDelayMs: 500 });
      const [begun] = (await begin(declare(png))).uploads as [Begun];
      await put(begun, png);
      const leaving = new AbortController();
      const gone = fetch(url, {
        ...{ method: 'POST', signal: leaving.signal, headers: { 'Content-Type': 'application/json' } },
        body: JSON.stringify({ completed: [begun.ticket] }),
      }).catch(() => undefined);
      await emulator.waitFor(({ requests }) => requests.some(({ route }) => route === 'retrieve'));
      leaving.abort();
      await gone;
      await expect.poll(() => stored).toEqual([begun.imageId]);
    });

    it('completes an upload for its own user, route and secret only', async ({ onTestFinished }) => {
      const { emulator, begin, complete, stored, url } = await start(onTestFinished);
      const [begun] = (await begin(declare(png))).uploads as [Begun];
      await put(begun, png);
      const [, payload = '', mac = ''] = begun.ticket.split('.');
      const swapped = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>;
      const forged = Buffer.from(JSON.stringify({ ...swapped, image: crypto.randomUUID() })).toString(
        'base64url',
      );
      for (const text of [
        `1.${forged}.${mac}`,
        `1.${payload}.${'A'.repeat(43)}`,
        `2.${payload}.${mac}`,
        `1.${payload}.${mac}=`,
        `1.${payload}..${mac}`,
        `1.${payload.slice(0, -1)}.${mac}`,
        `1.${payload}`,
        'x'.repeat(5000),
        '',
      ]) {
        expect(await complete(text)).toMatchObject({ status: 403, code: 'TICKET_INVALID' });
      }
      const calls = emulator.requests.length;
      const completed = [begun.ticket];
      expect(await postJson(url, { completed }, { 'x-user': 'mallory' })).toMatchObject({ status: 403 });
      expect(await postJson(url, { cancelled: completed }, { 'x-user': 'mallory' })).toMatchObject({
        status: 403,
      });
      // Nothing was asked of the service.
      expect(emulator.requests.length).toBe(calls);
      expect((await complete(begun.ticket)).status).toBe(200);
      expect(stored).toHaveLength(1);
    });

    it('answers several completions in order, with the status of the first that failed', async ({
      onTestFinished,
    }) => {
      const { upload, complete, begin } = await start(onTestFinished, { maxPixels: 1000 });
      const good = await upload(png);
      const bad = await upload(wide, { head: undefined });
      const [absent] = (await begin(declare(png))).uploads as [Begun];
      const { status, code, results } = await complete(good.ticket, absent.ticket, bad.ticket, 'nothing');
      expect({ status, code }).toEqual({ status: 413, code: 'TOO_MANY_PIXELS' });
      expect(results.map(({ image, pending, error }) => image?.id ?? pending ?? error?.code)).toEqual([
        good.imageId,
        true,
        'TOO_MANY_PIXELS',
        'TICKET_INVALID',
      ]);
    });

    it('calls onStored once for two completions at once, and both get its data', async ({
      onTestFinished,
    }) => {
      const { upload, complete, stored } = await start(onTestFinished, {}, { readyDelayMs: 200 });
      const { ticket, imageId } = await upload(png);
      const both = await Promise.all([complete(ticket), complete(ticket)]);
      expect(both.map(({ status, results }) => [status, results[0]?.data])).toEqual([
        [200, { saved: imageId }],
        [200, { saved: imageId }],
      ]);
      expect(stored).toEqual([imageId]);
    });

    it('is COMPLETION_FAILED when onStored throws, and can be completed again', async ({
      onTestFinished,
    }) => {
      let calls = 0;
      const onStored = (): string => {
        calls += 1;
        if (calls === 1) throw new Error('no database: password is hunter2');
        return 'saved';
      };
      const { emulator, upload, complete } = await start(onTestFinished, { onStored });
      const { ticket, imageId } = await upload(png);
      const failed = await complete(ticket);
      expect(failed).toMatchObject({ status: 500, code: 'COMPLETION_FAILED' });
      expect(JSON.stringify(failed)).not.toMatch(/hunter2/);
      expect(emulator.images.get(imageId)?.status).toBe('READY');
      expect((await complete(ticket)).results[0]?.data).toBe('saved');
    });

    it('keeps an image that onStored rejects where there are no notes, and says its code', async ({
      onTestFinished,
    }) => {
      const onStored = (): never => {
        throw new ImgwireError('INVALID_METADATA', { message: 'Not this one.' });
      };
      const { emulator, upload, complete } = await start(onTestFinished, { onStored });
      const { ticket } = await upload(png);
      const { status, results } = await complete(ticket);
      expect({ status, error: results[0]?.error }).toEqual({
        status: 400,
        error: { status: 400, code: 'INVALID_METADATA', detail: 'Not this one.' },
      });
      expect(emulator.images.list()).toHaveLength(1);
    });

    it('is 202 while onStored takes longer than its time, and 200 once it has returned', async ({
      onTestFinished,
    }) => {
      let finish = (): void => undefined;
      const hanging = new Promise<void>((resolve) => {
        finish = resolve;
      });
      let calls = 0;
      const onStored = async (): Promise<string> => {
        calls += 1;
        await hanging;
        return 'late';
      };
      const { upload, complete } = await start(onTestFinished, { onStored, onStoredTimeoutMs: 100 });
      const { ticket } = await upload(png);
      expect(await complete(ticket)).toMatchObject({ status: 202, results: [{ pending: true }] });
      expect(await complete(ticket)).toMatchObject({ status: 202, results: [{ pending: true }] });
      expect(calls).toBe(1);
      finish();
      expect(await complete(ticket)).toMatchObject({ status: 200, results: [{ data: 'late' }] });
    });

    it('deletes what is PENDING when it is cancelled, and nothing else', async ({ onTestFinished }) => {
      const { emulator, begin, upload, complete, url } = await start(onTestFinished);
      const [open] = (await begin(declare(png))).uploads as [Begun];
      const arrived = await upload(png);
      const done = await upload(png);
      await complete(done.ticket);
      const cancelled = [open, arrived, done].map(({ ticket }) => ticket);
      expect((await postJson(url, { cancelled })).status).toBe(204);
      expect(new Set(emulator.images.list().map(({ id }) => id))).toEqual(
        new Set([arrived.imageId, done.imageId]),
      );
      expect(await complete(open.ticket)).toMatchObject({ status: 410, code: 'TICKET_EXPIRED' });
    });

    it('leaves no record when the third of five cannot be created', async ({ onTestFinished }) => {
      const { emulator, begin } = await start(onTestFinished, {}, {});
      emulator.faults.add({ route: 'create', status: 422, nth: 3 });
      const { status } = await begin(...Array.from({ length: 5 }, () => declare(png)));
      expect(status).toBe(502);
      expect(emulator.images.list()).toEqual([]);
    });

    it('is ACCOUNT_LIMIT_REACHED at the cap of pending uploads, and leaves nothing', async ({
      onTestFinished,
    }) => {
      const { emulator, begin } = await start(onTestFinished, {}, { maximumPendingUploads: 5 });
      const files = Array.from({ length: 6 }, () => declare(png));
      expect(await begin(...files)).toMatchObject({ status: 503, code: 'ACCOUNT_LIMIT_REACHED' });
      expect(emulator.images.list()).toEqual([]);
    });

    it('is 429 for a subject with too many open uploads, until they are complete', async ({
      onTestFinished,
    }) => {
      const { begin, complete, upload } = await start(onTestFinished, { maxPending: 2 });
      const { ticket } = await upload(png);
      await begin(declare(png));
      expect(await begin(declare(png))).toMatchObject({ status: 429, code: 'RATE_LIMITED' });
      await complete(ticket);
      expect((await begin(declare(png))).status).toBe(200);
    });

    it.for([
      ['nothing', {}],
      ['two kinds', { files: [], completed: [] }],
      ['no files', { files: [] }],
      ['a ticket that is no text', { completed: [7] }],
      ['more tickets than files', { completed: Array.from({ length: 11 }, () => 'x') }],
      ['fields that are no texts', { files: [declare(png)], fields: { a: { b: 1 } } }],
      ['an array', []],
    ])('is INVALID_REQUEST for %s', async ([, body], { onTestFinished }) => {
      const { emulator, url } = await start(onTestFinished);
      expect(await postJson(url, body)).toMatchObject({ status: 400, code: 'INVALID_REQUEST' });
      expect(emulator.requests).toEqual([]);
    });

    it('hands metadata the text fields, and gives its result to the record', async ({ onTestFinished }) => {
      const { emulator, url } = await start(onTestFinished, {
        metadata: (_req: never, { fields, originalname }) => ({
          purpose: String(fields['album']),
          customMetadata: { name: originalname },
        }),
      });
      const { uploads } = await postJson(url, { files: [declare(png)], fields: { album: 'holiday' } });
      expect(emulator.images.get(String(uploads[0]?.imageId))).toMatchObject({
        purpose: 'holiday',
        custom_metadata: { name: 'photo.png' },
      });
    });

    it.for([
      ['GET', {}, 405, 'METHOD_NOT_ALLOWED'],
      ['POST', { 'sec-fetch-site': 'cross-site' }, 403, 'CROSS_SITE_REQUEST'],
    ] as const)(
      'rejects %s %o before it reads a body',
      async ([method, headers, status, code], { onTestFinished }) => {
        const { url } = await start(onTestFinished);
        const response = await fetch(url, { method, headers });
        expect({ status: response.status, ...((await response.json()) as object) }).toMatchObject({
          status,
          code,
        });
      },
    );

    it.for(VERDICTS)(
      'asks authorize each time, and fails closed for %s',
      async ([, authorize, status, code], { onTestFinished }) => {
        let verdict: () => boolean | Promise<boolean> = () => true;
        const { upload, complete, stored } = await start(onTestFinished, {
          authorize: (): boolean | Promise<boolean> => verdict(),
        });
        const { ticket } = await upload(png);
        verdict = authorize;
        expect(await complete(ticket)).toMatchObject({ status, code });
        expect(stored).toEqual([]);
      },
    );
  },
);

/** The user of a test request: Node's headers, or those of a web request. */
function userOf(headers: object): string {
  const { get } = headers as { get?: (name: string) => string | null };
  if (typeof get === 'function') return get.call(headers, 'x-user') ?? 'alice';
  return String((headers as Record<string, unknown>)['x-user'] ?? 'alice');
}
