import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Readable, Writable } from 'node:stream';
import { inspect } from 'node:util';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import {
  checkSourceUrl,
  createImgwire,
  type FormSchema,
  IMGWIRE_ERROR_CODES,
  type ImgwireErrorCode,
  type UploadTokenRules,
} from '@imgwire/express';
import pino from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  type Answer,
  encodeForm,
  openPost,
  type Part,
  type PostOptions,
  postForm,
} from '../support/client.ts';
import { type Begun, type DirectResponse, declare, postJson, put } from '../support/direct-client.ts';
import { imageOfSize, makeImage, textNamedPng } from '../support/images.ts';
import { temporaryDirectory } from '../support/leftovers.ts';
import { listen } from '../support/listen.ts';
import { casesFor, sample } from '../support/sample.ts';
import {
  NODE_TARGETS,
  type RunningTarget,
  TARGETS,
  type Target,
  type TargetOptions,
} from '../support/targets.ts';
import { DIRECT_TARGETS, TOKEN_TARGETS } from '../support/token-targets.ts';
import { SDK, throughTransports } from '../support/transports.ts';
import { overRest } from '../support/upload-suite.ts';

/** A schema that takes no form. */
const NO_FORM: FormSchema = {
  '~standard': { version: 1, validate: () => ({ issues: [{ message: 'Too short', path: ['title'] }] }) },
};
type Fault = Parameters<Emulator['faults']['add']>[0];

/** What makes an upload fail with a code. */
interface FailingUpload {
  readonly options?: TargetOptions;
  readonly parts?: readonly Part[];
  readonly post?: PostOptions;
  readonly fault?: Fault;
  /** Takes the place of a plain post. */
  readonly act?: (app: RunningTarget, emulator: Emulator) => Promise<Answer | undefined>;
}

const small = await imageOfSize('image/jpeg', 5000);
const large = await imageOfSize('image/jpeg', 400_000);
const file = (bytes: Uint8Array = small, name = 'a'): Part => ({ name, fileName: 'a.jpg', bytes });
const field = (name: string, value = 'x'): Part => ({ name, value });
const text: Part = { ...textNamedPng, name: 'a', fileName: 'a.png' };
const form = encodeForm([file(large)]);
const halfSent = async ({ url }: RunningTarget): Promise<ReturnType<typeof openPost>> => {
  const post = openPost(`${url}/any`, form.length);
  await post.write(form.subarray(0, 350_000));
  return post;
};
const stalled = async (app: RunningTarget): Promise<Answer> => {
  const post = await halfSent(app);
  const trickle = setInterval(() => post.request.write('x'), 20);
  return post.answer.finally(() => {
    clearInterval(trickle);
    post.request.destroy();
  });
};

const UPLOADS: Readonly<Partial<Record<ImgwireErrorCode, FailingUpload>>> = {
  BODY_ALREADY_READ: {
    act: (app) => {
      const emit = app.server.emit.bind(app.server);
      app.server.emit = (event: string, ...values: unknown[]) => {
        if (event !== 'request') return emit(event, ...values);
        const [req] = values as [IncomingMessage];
        req.resume().once('end', () => emit(event, ...values));
        return true;
      };
      return postForm(`${app.url}/any`, [file()]);
    },
  },
  CLIENT_ABORTED: {
    act: async (app, emulator) => {
      const post = await halfSent(app);
      await emulator.waitFor(({ requests }) => requests.some(({ route }) => route === 'put'));
      post.request.destroy();
      return undefined;
    },
  },
  CLIENT_STALLED: {
    options: { stallTimeoutMs: 100 },
    act: async (app) => {
      const post = await halfSent(app);
      return post.answer.finally(() => post.request.destroy());
    },
  },
  CLIENT_TOO_SLOW: { options: { stallTimeoutMs: 600, minBytesPerSecond: 10_000_000 }, act: stalled },
  TOO_MANY_UPLOADS: {
    options: { maxConcurrentUploads: 1, queueTimeoutMs: 50 },
    parts: [file(), file(small, 'b')],
    fault: { route: 'put', delayMs: 400 },
  },
  FORBIDDEN: { options: { authorize: () => false } },
  MALFORMED_MULTIPART: {
    post: { boundary: 'a', headers: { 'content-type': 'multipart/form-data; boundary=b' } },
  },
  UNSUPPORTED_CONTENT_ENCODING: { post: { headers: { 'content-encoding': 'gzip' } } },
  UNSUPPORTED_TRANSFER_ENCODING: {
    post: { chunked: true, headers: { 'transfer-encoding': 'gzip, chunked' } },
  },
  UNSUPPORTED_CONTENT_RANGE: { post: { headers: { 'content-range': 'bytes 0-1/2' } } },
  LIMIT_REQUEST_SIZE: { options: { limits: { requestSize: 1000 } } },
  LIMIT_PART_COUNT: { options: { limits: { parts: 1 } }, parts: [field('b'), file()] },
  LIMIT_FILE_SIZE: { options: { limits: { fileSize: 2000 } } },
  LIMIT_FILE_COUNT: { options: { limits: { files: 3 } }, parts: [file(), file(), file(), file()] },
  LIMIT_FIELD_KEY: { parts: [field('x'.repeat(101))] },
  LIMIT_FIELD_VALUE: { options: { limits: { fieldSize: 5 } }, parts: [field('b', 'x'.repeat(6))] },
  LIMIT_FIELD_COUNT: { options: { limits: { fields: 1 } }, parts: [field('b'), field('c')] },
  LIMIT_UNEXPECTED_FILE: { options: { fields: [{ name: 'b' }] } },
  LIMIT_FIELD_NESTING: { parts: [field('a[b][c][d][e][f][g]')] },
  LIMIT_FIELD_ARRAY_INDEX: { parts: [field('a[101]')] },
  MISSING_FIELD_NAME: { parts: [field('')] },
  INVALID_FIELD_NAME: {
    options: { limits: { fieldArrayIndexLimit: 2 ** 32 } },
    // An array has no place for one more.
    parts: [field(`a[${2 ** 32 - 2}]`), field('a[]')],
  },
  FILE_REQUIRED: { options: { required: true }, parts: [field('b')] },
  INVALID_METADATA: { options: { metadata: () => ({ purpose: '' }) } },
  EMPTY_FILE: { parts: [file(Buffer.alloc(0))] },
  UNSUPPORTED_IMAGE_TYPE: { parts: [text] },
  TOO_MANY_PIXELS: {
    options: { maxPixels: 10 },
    parts: [file(await makeImage('image/png', { width: 11, height: 1 }))],
  },
  IMAGE_TOO_SMALL: { options: { minWidth: 5000 } },
  SCAN_REFUSED: { options: { scan: () => false } },
  SCAN_FAILED: { options: { scan: () => Promise.reject(new Error('The scanner is gone')) } },
  INVALID_FORM: { options: { form: NO_FORM } },
  PIXELS_UNKNOWN: { options: { maxPixels: 10 }, parts: [file(small.subarray(0, 20))] },
  LENGTH_REQUIRED: { options: { replay: false }, parts: [file(large)], post: { chunked: true } },
  UPSTREAM_REJECTED: { fault: { route: 'create', status: 401, times: 9 } },
  ACCOUNT_LIMIT_REACHED: { fault: { route: 'create', status: 402 } },
  UPSTREAM_UNAVAILABLE: { parts: [file(large)], fault: { route: 'put', status: 500, times: 9 } },
  UPSTREAM_TIMEOUT: { options: { putIdleTimeoutMs: 300 }, fault: { route: 'put', hang: true, times: 9 } },
  IMAGE_NOT_READY: { options: { waitUntilReady: 100 }, fault: { route: 'retrieve', hang: true, times: 9 } },
  IMAGE_QUARANTINED: {
    options: { waitUntilReady: true },
    // Passes for a JPEG by its beginning, and is none.
    parts: [file(Buffer.concat([small.subarray(0, 20), Buffer.alloc(5000)]))],
  },
  TEMPORARY_FILE_FAILED: {
    options: { maxReplayBytes: 0 },
    parts: [file(large)],
    act: async (app) => {
      process.env['TMPDIR'] = '/nowhere';
      const answer = await postForm(`${app.url}/any`, [file(large)], { chunked: true });
      process.env['TMPDIR'] = temporaryDirectory;
      return answer;
    },
  },
};

const never = (): Promise<never> => new Promise(() => undefined);
const TOKENS: Readonly<
  Partial<Record<ImgwireErrorCode, { rules?: Partial<UploadTokenRules<never>>; request?: RequestInit }>>
> = {
  UNAUTHORIZED: { rules: { authorize: () => Promise.reject(Object.assign(new Error(), { status: 401 })) } },
  AUTHORIZATION_UNAVAILABLE: { rules: { onIssued: never, authorizeTimeoutMs: 50 } },
  CROSS_SITE_REQUEST: { request: { method: 'POST', headers: { origin: 'https://elsewhere.example' } } },
  METHOD_NOT_ALLOWED: { request: { method: 'GET' } },
  RATE_LIMITED: { rules: { rateLimit: () => 5 } },
};

const fromHost = (url: unknown) => async () => {
  checkSourceUrl(url, { allowedHosts: ['images.example.com'] });
};
const JOB = '11111111-2222-4333-8444-555555555555';
/** What fails without a form: by the backend's own calls. */
const CALLS: Readonly<Partial<Record<ImgwireErrorCode, (emulator: Emulator) => Promise<unknown>>>> = {
  NOT_MULTIPART: (emulator) => createImgwire(overRest(emulator)).receive({ headers: {} } as IncomingMessage),
  NOT_AN_IMAGE_BODY: (emulator) =>
    createImgwire(overRest(emulator)).bodyReceiver()({ headers: {} } as IncomingMessage),
  SHUTTING_DOWN: async (emulator) => {
    const imgwire = createImgwire(overRest(emulator));
    await imgwire.close();
    await imgwire.upload({ file: small });
  },
  RESPONSE_ENDED: async (emulator) => {
    const server = createServer();
    const requested = once(server, 'request');
    const posted = postForm(await listen(server), [file()]);
    const [req, res] = (await requested) as [IncomingMessage, ServerResponse];
    res.end();
    try {
      return await createImgwire(overRest(emulator)).receive(req, {}, res);
    } finally {
      await posted;
      server.close();
    }
  },
  IMAGE_NOT_FOUND: (emulator) => {
    emulator.faults.add(indiscreet({ route: 'retrieve', status: 404 }));
    return createImgwire(SDK.connect(emulator)).retrieve('none');
  },
  SOURCE_FAILED: (emulator) => {
    const broken = new Readable({ read: () => void broken.destroy(new Error('the disk')) });
    return createImgwire(overRest(emulator)).upload({ file: broken });
  },
  LENGTH_MISMATCH: (emulator) =>
    createImgwire(overRest(emulator)).upload({ file: Readable.from([small]), contentLength: 1 }),
  DOWNLOAD_NOT_FOUND: (emulator) => {
    emulator.faults.add(indiscreet({ route: 'retrieve_download', status: 404 }));
    return createImgwire(overRest(emulator)).retrieveBulkDownloadJob(JOB);
  },
  DOWNLOAD_NOT_READY: (emulator) => {
    emulator.faults.add({ route: 'retrieve_download', hang: true });
    return createImgwire(overRest(emulator)).waitUntilDownloadReady(JOB, { timeoutMs: 50 });
  },
  DOWNLOAD_FAILED: (emulator) => {
    const body = { id: JOB, status: 'FAILED', download_url: `${emulator.url}/downloads/${JOB}` };
    emulator.faults.add({ route: 'retrieve_download', status: 200, body });
    return createImgwire(overRest(emulator)).waitUntilDownloadReady(JOB);
  },
  IMAGE_QUARANTINED: (emulator) => {
    const record = { id: JOB, cdn_url: `${emulator.url}/cdn/${JOB}`, status: 'QUARANTINE' };
    emulator.faults.add({ route: 'upload_via_url', status: 200, body: record });
    return createImgwire(overRest(emulator)).uploadViaUrl({ url: `${emulator.url}/a`, idempotencyKey: 'a' });
  },
  URL_FETCH_FAILED: (emulator) => {
    emulator.faults.add(indiscreet({ route: 'upload_via_url', status: 400 }));
    return createImgwire(SDK.connect(emulator)).uploadViaUrl({ url: `${emulator.url}/a` });
  },
  URL_INVALID: fromHost('nothing'),
  URL_TOO_LONG: fromHost(`https://images.example.com/${'x'.repeat(5000)}`),
  URL_SCHEME_NOT_ALLOWED: fromHost('http://images.example.com/a'),
  URL_CREDENTIALS_NOT_ALLOWED: fromHost('https://user:password@images.example.com/a'),
  URL_IP_ADDRESS_NOT_ALLOWED: fromHost('https://10.0.0.1/a'),
  URL_PRIVATE_HOST_NOT_ALLOWED: fromHost('https://localhost/a'),
  URL_PORT_NOT_ALLOWED: fromHost('https://images.example.com:8443/a'),
  URL_HOST_NOT_ALLOWED: fromHost('https://other.example.com/a'),
  URL_IN_QUERY_NOT_ALLOWED: fromHost('https://images.example.com/a?to=https://other.example.com'),
};

const TICKET_SECRET = 'the secret that signs all the tickets';
const png = await makeImage('image/png', { width: 8, height: 8 });
type PostDirect = (body: object) => Promise<DirectResponse>;

/** Begins an upload, and sends its bytes. */
async function uploaded(post: PostDirect): Promise<Begun> {
  const { uploads } = await post({ files: [declare(png)] });
  const [begun] = uploads as [Begun];
  await put(begun, png);
  return begun;
}

/** The codes of direct uploads. The application's own error has a secret in it. */
const DIRECT: Readonly<Record<string, (post: PostDirect) => Promise<DirectResponse>>> = {
  INVALID_REQUEST: (post) => post({ files: 'user:password' }),
  TICKET_INVALID: async (post) => post({ completed: [`${(await uploaded(post)).ticket}x`] }),
  TICKET_EXPIRED: async (post) => {
    const { uploads } = await post({ files: [declare(png)] });
    const [{ ticket }] = uploads as [Begun];
    await post({ cancelled: [ticket] });
    return post({ completed: [ticket] });
  },
  COMPLETION_FAILED: async (post) => post({ completed: [(await uploaded(post)).ticket] }),
  UPSTREAM_REJECTED: async (post) => {
    emulator.faults.add(indiscreet({ route: 'create', status: 422 }));
    return post({ files: [declare(png)] });
  },
};

let emulator: Emulator;
let lines: string[];
// The real pino, with its serializer for errors, down to the cause.
const log = pino(
  { level: 'debug' },
  new Writable({
    write: (line, _encoding, done) => {
      lines.push(String(line));
      done();
    },
  }),
);
beforeAll(async () => {
  emulator = await startEmulator();
});
beforeEach(async () => {
  lines = [];
  await emulator.reset();
});
afterAll(() => emulator.close());

/** Every way in which an error gets out: to the client, and to our logs. */
const waysOut = (error: unknown): string[] => [
  JSON.stringify(error),
  inspect(error, { depth: 20, showHidden: true }),
  String((error as Error).stack),
];

function expectNoSecret(texts: readonly string[]): void {
  for (const text of texts) {
    for (const secret of [emulator.apiKey, emulator.apiKey.slice(3), emulator.clientKey, 'user:password']) {
      expect(text).not.toContain(secret);
    }
    expect(text).not.toMatch(/signature=|https?:\/\//i);
  }
}

/** An answer of the service that quotes whatever it was sent. */
const indiscreet = (fault: Fault): Fault =>
  'status' in fault && !('hang' in fault)
    ? {
        ...fault,
        body: {
          detail: `Bearer ${emulator.apiKey} asked for ${emulator.url}/upload/a?expires=1&signature=00ff`,
          error_type: 'SomeError',
        },
      }
    : fault;

/** A server that makes web requests has an empty body for one that was read before. */
const uploadsOf = (target: Target): [string, FailingUpload][] =>
  Object.entries(UPLOADS).filter(([code]) => code !== 'BODY_ALREADY_READ' || NODE_TARGETS.includes(target));

describe.each(throughTransports(sample(TARGETS)))(
  'what leaves $name, over $transport',
  ({ target, connect }) => {
    it.each(casesFor(target, uploadsOf(target)))(
      'with %s holds no key and no presigned URL',
      async (code, upload) => {
        const options = { ...connect(emulator), maxAttempts: 2, logger: log, ...upload.options };
        const app = await target.start(options);
        if (upload.fault) emulator.faults.add(indiscreet(upload.fault));
        // So that an undo is attempted, fails, and is logged.
        emulator.faults.add(indiscreet({ route: 'delete', status: 500, times: 9 }));
        const answer = await (upload.act?.(app, emulator) ??
          postForm(`${app.url}/any`, upload.parts ?? [file()], upload.post));
        await expect.poll(() => app.errors).toMatchObject([{ code }]);
        await app.close();
        if (answer) expect(answer.json).toMatchObject({ code });
        expectNoSecret([
          answer?.text ?? '',
          inspect(answer?.headers),
          ...app.errors.flatMap(waysOut),
          ...lines,
        ]);
      },
    );
  },
);

describe.each(throughTransports(TOKEN_TARGETS))(
  'what leaves the token endpoint on $name, over $transport',
  ({ target, connect }) => {
    it.each(casesFor(target, Object.entries(TOKENS)))(
      'with %s holds no key and no token',
      async (code, { rules, request }) => {
        const app = await target.start(connect(emulator), { authorize: () => true, ...rules });
        const response = await fetch(`${app.url}/token`, request ?? { method: 'POST' });
        const answer = await response.text();
        await app.close();
        // A method that a framework's router refuses never reaches the endpoint.
        if (answer.startsWith('{')) expect(JSON.parse(answer)).toMatchObject({ code });
        expectNoSecret([answer, inspect(response.headers)]);
        expect(answer).not.toMatch(/token["']?\s*:/i);
      },
    );
  },
);

describe.each(throughTransports(sample(DIRECT_TARGETS)))(
  'what leaves the endpoint of direct uploads on $name, over $transport',
  ({ target, connect }) => {
    it.each(Object.entries(DIRECT))(
      'with %s holds no key, no ticket and no presigned URL',
      async (code, run) => {
        const onStored = (): never => {
          throw new Error('no database');
        };
        const app = await target.start({ ...connect(emulator), maxAttempts: 1, logger: log } as never, {
          authorize: () => true,
          subject: null,
          ticketSecret: TICKET_SECRET,
          onStored,
        });
        const tickets: string[] = [];
        const texts: string[] = [];
        const response = await run(async (body) => {
          const answered = await postJson(`${app.url}/photos`, body);
          tickets.push(...answered.uploads.map(({ ticket }) => ticket));
          if (answered.status >= 400) texts.push(JSON.stringify(answered), inspect(answered.headers));
          return answered;
        });
        await app.close();
        expect(response).toMatchObject({ code });
        expectNoSecret([...texts, ...lines]);
        for (const text of [...texts, ...lines]) {
          for (const secret of [TICKET_SECRET, ...tickets]) expect(text).not.toContain(secret);
        }
      },
    );
  },
);

describe('what leaves a call of the backend', () => {
  it.each(Object.entries(CALLS))('with %s holds no key and no URL', async (code, call) => {
    const error: unknown = await call(emulator).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toMatchObject({ code });
    // A message may say how a URL has to begin.
    expectNoSecret(waysOut(error).map((text) => text.replaceAll(/https:\/\/(?!\w)/g, '')));
  });
});

it('every code is among them', () => {
  const provoked = [UPLOADS, TOKENS, DIRECT, CALLS].flatMap((table) => Object.keys(table));
  expect(IMGWIRE_ERROR_CODES.filter((code) => !provoked.includes(code))).toEqual([]);
});
