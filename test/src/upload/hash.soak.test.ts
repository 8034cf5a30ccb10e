import { openAsBlob } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { type Emulator, type Fault, startEmulator } from '@imgwire/emulator';
import { createImgwire, type Imgwire, type UploadInput } from '@imgwire/express';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { type Part, postForm } from '../support/client.ts';
import { imageOfSize, textNamedPng } from '../support/images.ts';
import { temporaryDirectory } from '../support/leftovers.ts';
import { casesFor, inFull } from '../support/sample.ts';
import { startStorage } from '../support/storage-target.ts';
import { type RunningTarget, TARGETS, type TargetOptions } from '../support/targets.ts';
import { overRest, sha256 } from '../support/upload-suite.ts';

const SMALL = 5000;
const LARGE = (inject('soak') ? 3 : 1.5) * 1024 * 1024;

const small = await imageOfSize('image/jpeg', SMALL);
const large = await imageOfSize('image/jpeg', LARGE);

const file = (bytes: Uint8Array, name = 'photo'): Part => ({ name, fileName: `${name}.jpg`, bytes });
const text: Part = { name: 'title', value: 'Katze' };

let emulator: Emulator;
beforeAll(async () => {
  emulator = await startEmulator();
});
beforeEach(() => emulator.reset());
afterAll(() => emulator.close());

interface Way {
  readonly parts: readonly Part[];
  readonly chunked?: boolean;
  readonly rules?: TargetOptions;
  readonly fault?: Fault;
  readonly lengthSource: string;
  /** Whether the hash is known before the record is created that is kept. */
  readonly known: boolean;
}

/** Every way of a file to the store. */
const WAYS: Readonly<Record<string, Way>> = {
  'within the read-ahead': { parts: [file(small), text], lengthSource: 'read-ahead', known: true },
  'within the read-ahead, sent again': {
    parts: [file(small)],
    fault: { route: 'put', status: 503 },
    lengthSource: 'read-ahead',
    known: true,
  },
  'above it, whose length is computed': {
    parts: [text, file(large)],
    lengthSource: 'computed',
    known: false,
  },
  'above it, without a copy': {
    parts: [text, file(large)],
    rules: { replay: false },
    lengthSource: 'computed',
    known: false,
  },
  'above it, in a chunked form': { parts: [file(large)], chunked: true, lengthSource: 'spool', known: true },
  'that another part follows': { parts: [file(large), text], lengthSource: 'replay', known: true },
  'sent again to the same record': {
    parts: [file(large)],
    fault: { route: 'put', resetAfterBytes: 1024 * 1024 },
    lengthSource: 'replay',
    known: false,
  },
  'sent again to a new record': {
    parts: [file(large)],
    fault: { route: 'put', status: 403 },
    lengthSource: 'replay',
    known: true,
  },
};

describe.each(TARGETS)('the hash of a file, $name', (target) => {
  const { start } = target;
  let app: RunningTarget | undefined;
  afterEach(() => app?.close());

  it.each(casesFor(target, Object.entries(WAYS)))('%s is that of its bytes', async (_name, way) => {
    app = await start({ ...overRest(emulator), hashAlgorithm: 'sha256', ...way.rules });
    if (way.fault) emulator.faults.add(way.fault);
    const answer = await postForm(`${app.url}/any`, way.parts, { chunked: way.chunked ?? false });
    const [sent] = way.parts.flatMap((part) => ('bytes' in part ? [sha256(part.bytes)] : []));
    expect(answer.json.files, answer.text).toMatchObject([{ sha256: sent, lengthSource: way.lengthSource }]);
    const [record, ...others] = emulator.images.list();
    expect(others).toEqual([]);
    expect(record?.hash_sha256).toBe(way.known ? sent : null);
    expect(emulator.images.sha256(record?.id ?? '')).toBe(sent);
  });

  it('is its own for each file of a form', async () => {
    app = await start({ ...overRest(emulator), hashAlgorithm: 'sha256' });
    const answer = await postForm(`${app.url}/any`, [file(large, 'a'), file(small, 'b'), file(large, 'c')]);
    const sent = [large, small, large].map(sha256);
    expect(answer.json.files.map((each: { sha256: string }) => each.sha256)).toEqual(sent);
  });

  it.each([
    ['with a hash', small, sha256(small)],
    ['without one', large, undefined],
  ])('is that of the record where an idempotency key was used before, %s', async (_name, bytes, recorded) => {
    const metadata = () => ({ idempotencyKey: 'photo-1' });
    app = await start({ ...overRest(emulator), hashAlgorithm: 'sha256', metadata });
    const first = await postForm(`${app.url}/any`, [file(bytes)]);
    expect(first.json.files[0].sha256).toBe(sha256(bytes));
    const second = await postForm(`${app.url}/any`, [file(large)]);
    expect(second.json.images[0].id).toBe(first.json.images[0].id);
    expect(second.json.files[0].sha256).toBe(recorded);
    expect(emulator.requests.filter(({ route }) => route === 'put')).toHaveLength(1);
  });

  // What follows is core's to decide.
  if (!inFull(target)) return;

  it('is not there without the rule', async () => {
    app = await start(overRest(emulator));
    const answer = await postForm(`${app.url}/any`, [file(small, 'a'), file(large, 'b')]);
    for (const each of answer.json.files) expect(each).not.toHaveProperty('sha256');
    expect(emulator.images.list().map((record) => record.hash_sha256)).toEqual([null, null]);
  });

  it('changes nothing of what is refused', async () => {
    app = await start({ ...overRest(emulator), hashAlgorithm: 'sha256', limits: { fileSize: LARGE - 1 } });
    const tooLarge = await postForm(`${app.url}/any`, [file(large)], { chunked: true });
    expect(tooLarge.json).toMatchObject({ status: 413, code: 'LIMIT_FILE_SIZE' });
    const noImage = await postForm(`${app.url}/any`, [file(textNamedPng.bytes)]);
    expect(noImage.json).toMatchObject({ status: 415, code: 'UNSUPPORTED_IMAGE_TYPE' });
    expect(emulator.images.list()).toEqual([]);
  });
});

describe('the hash of a file, the storage engine of multer', () => {
  it.each([
    [SMALL, small],
    [LARGE, large],
  ])('of %i bytes is that of its bytes, and the record has it', async (_size, bytes) => {
    const app = await startStorage(overRest(emulator), {}, { hashAlgorithm: 'sha256' });
    const answer = await postForm(`${app.url}/any`, [file(bytes), text]);
    expect(answer.json.files, answer.text).toMatchObject([{ sha256: sha256(bytes) }]);
    expect(answer.json.images[0].hash_sha256).toBe(sha256(bytes));
    await app.close();
  });
});

describe('the hash of an upload of the backend', () => {
  let imgwire: Imgwire;
  beforeAll(() => {
    imgwire = createImgwire({ apiKey: emulator.apiKey, baseUrl: emulator.url });
  });
  afterAll(() => imgwire.close());

  const chunks = (bytes: Buffer): Readable =>
    Readable.from(
      (function* () {
        for (let at = 0; at < bytes.length; at += 50_000) yield bytes.subarray(at, at + 50_000);
      })(),
    );
  type Make = (
    bytes: Buffer,
  ) => Omit<UploadInput, 'hashAlgorithm'> | Promise<Omit<UploadInput, 'hashAlgorithm'>>;
  const SOURCES: Readonly<Record<string, Make>> = {
    'a Buffer': (bytes) => ({ file: bytes }),
    'an ArrayBuffer': (bytes) => ({ file: new Uint8Array(bytes).buffer }),
    'a Blob': (bytes) => ({ file: new Blob([new Uint8Array(bytes)]) }),
    'a file as a Blob': async (bytes) => {
      const path = join(await mkdtemp(join(temporaryDirectory, 'hash-')), 'photo.jpg');
      await writeFile(path, bytes);
      return { file: await openAsBlob(path) };
    },
    'a stream': (bytes) => ({ file: chunks(bytes) }),
  };
  const broken: Fault = { route: 'put', resetAfterBytes: 1000 };

  it.each(Object.entries(SOURCES))('%s is that of its bytes, and the record has it', async (_name, make) => {
    for (const bytes of [small, large]) {
      emulator.faults.add(broken);
      const image = await imgwire.upload({ ...(await make(bytes)), hashAlgorithm: 'sha256' });
      expect([image.sha256, image.hash_sha256]).toEqual([sha256(bytes), sha256(bytes)]);
      expect(emulator.images.sha256(image.id)).toBe(sha256(bytes));
    }
  });

  it('a stream of known length is known when all of it has passed', async () => {
    const declared = { file: chunks(large), contentLength: large.length, hashAlgorithm: 'sha256' } as const;
    const image = await imgwire.upload(declared);
    expect([image.sha256, image.hash_sha256]).toEqual([sha256(large), null]);
  });

  it('is beside the record, not in its JSON, and not there without the option', async () => {
    const image = await imgwire.upload({ file: small, hashAlgorithm: 'sha256' });
    expect(JSON.parse(JSON.stringify(image))).not.toHaveProperty('sha256');
    expect(await imgwire.upload({ file: small })).not.toHaveProperty('sha256');
  });

  it('takes no other', async () => {
    const upload = imgwire.upload({ file: small, hashAlgorithm: 'md5' as 'sha256' });
    await expect(upload).rejects.toThrow(`option "hashAlgorithm" must be 'sha256'`);
  });
});
