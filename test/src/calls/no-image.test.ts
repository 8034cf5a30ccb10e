import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createImgwire,
  type Imgwire,
  type ImgwireError,
  type ImgwireImage,
  type RollbackFailure,
} from '@imgwire/core';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startImport } from '../endpoints/import-run.ts';
import { image } from '../support/images.ts';
import { listen } from '../support/listen.ts';
import { TRANSPORTS } from '../support/transports.ts';

const PAGE = '<!doctype html><title>Sign in</title><p>Sign in to see this image.';
const jpeg = await image('image/jpeg');

let emulator: Emulator;
let source: Server;
let address: string;
/** What is behind every URL. */
let body: string | Buffer;
beforeEach(async () => {
  body = PAGE;
  emulator = await startEmulator();
  source = createServer(({ url }, res) =>
    url === '/gone.jpg' ? res.writeHead(404).end(PAGE) : res.end(body),
  );
  address = await listen(source);
});
afterEach(async () => {
  source.closeAllConnections();
  source.close();
  await emulator.close();
});
const statuses = (): string[] => emulator.images.list().map(({ status }) => status);

describe.each(TRANSPORTS)('over $transport, an import of what is no image', ({ connect }) => {
  let imgwire: Imgwire;
  let left: RollbackFailure[];
  beforeEach(() => {
    left = [];
    imgwire = createImgwire({
      ...connect(emulator),
      maxAttempts: 1,
      onRollbackFailed: (failure) => void left.push(failure),
    });
  });
  afterEach(() => imgwire.close());
  const failureOf = (call: Promise<ImgwireImage>): Promise<ImgwireError> =>
    call.then(
      ({ status }) => Promise.reject(new Error(`It is ${status}.`)),
      (error: ImgwireError) => error,
    );

  it('is IMAGE_QUARANTINED, and leaves no record', async () => {
    const failure = await failureOf(imgwire.uploadViaUrl({ url: `${address}/a.jpg` }));
    expect(failure).toMatchObject({ code: 'IMAGE_QUARANTINED', status: 422 });
    expect(failure).not.toHaveProperty('imageId');
    expect(statuses()).toEqual([]);
  });

  it('is IMAGE_QUARANTINED, and is reported where its record cannot be deleted', async () => {
    emulator.faults.add({ route: 'delete', status: 500 });
    const failure = await failureOf(imgwire.uploadViaUrl({ url: `${address}/a.jpg` }));
    expect(failure.code).toBe('IMAGE_QUARANTINED');
    expect(left).toMatchObject([{ imageId: emulator.images.list()[0]?.id }]);
  });

  it('under a key of its own leaves the record, whose id the error has', async () => {
    const input = { url: `${address}/a.jpg`, idempotencyKey: 'lake' };
    const failure = await failureOf(imgwire.uploadViaUrl(input));
    const [record] = emulator.images.list();
    expect(failure).toMatchObject({ code: 'IMAGE_QUARANTINED', imageId: record?.id });
    expect(JSON.stringify(failure)).not.toContain(String(record?.id));
    expect((await failureOf(imgwire.uploadViaUrl(input))).code).toBe('IMAGE_QUARANTINED');
    expect(statuses()).toEqual(['QUARANTINE']);
    await imgwire.delete(String(failure.imageId));
    body = jpeg;
    expect(await imgwire.uploadViaUrl(input)).toMatchObject({ status: 'READY' });
  });

  it('of many is rejected, leaves no record, and can be imported once it is mended', async () => {
    const outcomes = async (): Promise<string[]> => {
      const found: string[] = [];
      for await (const each of imgwire.uploadViaUrlMany([{ url: `${address}/a.jpg` }]))
        found.push(each.status === 'fulfilled' ? each.value.status : (each.reason as ImgwireError).code);
      return found;
    };
    expect(await outcomes()).toEqual(['IMAGE_QUARANTINED']);
    expect(statuses()).toEqual([]);
    body = jpeg;
    expect(await outcomes()).toEqual(['READY']);
    expect(await outcomes()).toEqual(['READY']);
    expect(statuses()).toEqual(['READY']);
  });

  it.each(['/gone.jpg', 'closed'])(
    'whose source cannot be fetched is a fault of its URL: %s',
    async (path) => {
      const url = path === 'closed' ? 'http://127.0.0.1:1/a.jpg' : `${address}${path}`;
      expect(await failureOf(imgwire.uploadViaUrl({ url }))).toMatchObject({
        code: 'URL_FETCH_FAILED',
        status: 422,
        upstreamStatus: 400,
        upstreamType: 'RequestError',
        cause: expect.objectContaining({ message: expect.stringContaining('did not answer with an image') }),
      });
      expect(statuses()).toEqual([]);
    },
  );

  it.each([
    [{ status: 400, body: { detail: 'No.', error_type: 'InvalidTokenError' } }],
    [{ status: 401 }],
    [{ status: 422, body: { detail: [{ loc: ['body', 'url'], msg: 'no', type: 'url' }] } }],
  ])('is not a fault of the URL where the account or the call is refused: %j', async (fault) => {
    emulator.faults.add({ route: 'upload_via_url', ...fault });
    const failure = await failureOf(imgwire.uploadViaUrl({ url: `${address}/a.jpg` }));
    expect(failure).toMatchObject({ code: 'UPSTREAM_REJECTED', status: 502 });
  });
});

it('the import example counts a page in place of an image as failed, and ends with 1', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'no-image-'));
  const csv = join(folder, 'images.csv');
  await writeFile(csv, `url\n${address}/page.jpg\n${address}/gone.jpg\n`);
  const { code, out, complaints } = await startImport(emulator, '--csv', csv).end;
  await rm(folder, { recursive: true });
  expect(out.at(-1)).toContain('0 of 2 images are stored, 2 failed');
  expect(complaints).toContain('page.jpg\tIMAGE_QUARANTINED\t');
  expect(complaints).toContain('gone.jpg\tURL_FETCH_FAILED\t');
  expect([code, statuses()]).toEqual([1, []]);
});
