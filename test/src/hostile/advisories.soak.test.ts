import { readdirSync, readlinkSync } from 'node:fs';
import { Writable } from 'node:stream';
import { queryObjects } from 'node:v8';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { BOUNDARY, encodeForm, openPost, type Part } from '../support/client.ts';
import { image, imageOfSize } from '../support/images.ts';
import { namedTemporaryFiles, openTemporaryFiles, temporaryDirectory } from '../support/leftovers.ts';
import { inFull, sample } from '../support/sample.ts';
import { startStorage } from '../support/storage-target.ts';
import { type RunningTarget, TARGETS, type TargetOptions } from '../support/targets.ts';
import { overRest } from '../support/upload-suite.ts';
import { exchange, statuses } from '../support/wire.ts';

// What cves.soak.test.ts leaves out: streams and descriptors counted, the advisories of neighbours that could have been ours,
// defects that have no number, and multer's own over our storage engine.

const png = await image('image/png');
// Above the read-ahead: a copy of it is kept in a temporary file.
const large = await imageOfSize('image/jpeg', 600_000);
const file = (bytes: Uint8Array = png, name = 'a'): Part => ({ name, fileName: `${name}.png`, bytes });
const field = (name: string, value = 'x'): Part => ({ name, value });
const FINAL = Buffer.from(`--${BOUNDARY}--\r\n`);
/** Parts by their header lines; a form has its end unless it is cut. */
const part = (head: string, content: string | Uint8Array = png): Buffer =>
  Buffer.concat([
    Buffer.from(`--${BOUNDARY}\r\n${head}\r\n\r\n`),
    Buffer.from(content as Uint8Array),
    Buffer.from('\r\n'),
  ]);
const named = (name: string): string => `Content-Disposition: form-data; name="${name}"; filename="a.png"`;
const form = (...parts: Buffer[]): Buffer => Buffer.concat([...parts, FINAL]);
const good = encodeForm([field('title'), file()]);

const post = (body: Uint8Array, length = body.length): (string | Uint8Array)[] => [
  `POST /any HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: ${length}\r\n`,
  `Content-Type: multipart/form-data; boundary=${BOUNDARY}\r\n\r\n`,
  body,
];

/** An attack that one request is enough for. */
interface Attack {
  readonly cve: string;
  readonly was: string;
  readonly body: Buffer;
  readonly options?: TargetOptions;
  readonly status: number;
  readonly code?: string;
}

const MALFORMED = { status: 400, code: 'MALFORMED_MULTIPART' };
const ATTACKS: readonly Attack[] = [
  {
    // @see https://nvd.nist.gov/vuln/detail/CVE-2022-24434
    cve: 'CVE-2022-24434 (busboy, by dicer)',
    was: 'a header that begins with a space crashed the process',
    body: form(part(` ${named('a')}`)),
    ...MALFORMED,
  },
  {
    // @see https://github.com/expressjs/multer/issues/1338
    cve: 'CVE-2025-7338 (multer), as it was shown',
    was: 'an empty file before a delimiter that breaks off crashed the process',
    body: Buffer.concat([
      part(
        'Content-Disposition: form-data; name="a"; filename=""\r\nContent-Type: application/octet-stream',
        '',
      ),
      Buffer.from(`--${BOUNDARY.slice(0, -1)}`),
    ]),
    ...MALFORMED,
  },
  {
    // @see https://github.com/expressjs/multer/security/advisories/GHSA-xf7r-hgr6-v32p
    cve: 'CVE-2026-3304 (multer)',
    was: 'a file before a malformed part stayed in the store',
    body: form(part(named('a')), part('Content-Disposition: form-data; filename="b.png"')),
    status: 400,
    code: 'MISSING_FIELD_NAME',
  },
  {
    // @see https://github.com/expressjs/multer/security/advisories/GHSA-wc9g-mqfw-jrwm
    cve: 'CVE-2026-77078 (multer), with the limit out of the way',
    was: 'a push behind the largest index of an array crashed the process',
    body: encodeForm([file(), field('a[4294967294]'), field('a[]')]),
    options: { limits: { fieldArrayIndexLimit: 2 ** 32 } },
    status: 400,
    code: 'INVALID_FIELD_NAME',
  },
  {
    // @see https://github.com/node-formidable/formidable/pull/1065
    cve: 'formidable#1065',
    was: 'there was no limit on the number of files',
    body: encodeForm(Array.from({ length: 11 }, (_, i) => file(png, `f${i}`))),
    status: 413,
    code: 'LIMIT_FILE_COUNT',
  },
  {
    // @see https://nvd.nist.gov/vuln/detail/CVE-2023-25576
    cve: 'CVE-2023-25576 (@fastify/multipart)',
    was: 'there was no limit on the number of parts',
    body: encodeForm([file(), ...Array.from({ length: 5000 }, () => field('a', ''))]),
    status: 413,
    code: 'LIMIT_FIELD_COUNT',
  },
];

/** The emulator of a block, and what must hold after each of its tests. */
function withEmulator(): { readonly emulator: Emulator } {
  const state = {} as { emulator: Emulator };
  const escaped: unknown[] = [];
  const onEscape = (reason: unknown): void => void escaped.push(reason);
  beforeAll(async () => {
    process.on('unhandledRejection', onEscape).on('uncaughtExceptionMonitor', onEscape);
    state.emulator = await startEmulator();
  });
  beforeEach(() => state.emulator.reset());
  afterEach(async () => {
    expect(escaped).toEqual([]);
    await expect.poll(() => openTemporaryFiles()).toEqual([]);
    expect(namedTemporaryFiles()).toEqual([]);
  });
  afterAll(async () => {
    await state.emulator.close();
    process.off('unhandledRejection', onEscape).off('uncaughtExceptionMonitor', onEscape);
  });
  return state;
}

/** No record is left, and the server does its work. */
async function expectUnhurt(emulator: Emulator, app: RunningTarget): Promise<void> {
  await emulator.waitFor(({ images }) => images.list().length === 0);
  const answer = await exchange(app.url, { bytes: post(good) });
  expect(statuses(answer), answer).toEqual([200]);
  expect(emulator.images.list()).toHaveLength(1);
}

/** What a descriptor of this process is; nothing for that of the listing itself, which is closed by now. */
function linkOf(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return 'socket:';
  }
}

describe.each(sample(TARGETS))('$name', (target) => {
  const state = withEmulator();
  const running = new Map<TargetOptions | undefined, RunningTarget>();
  /** One server for all attacks that need no options of their own. */
  const start = async (options?: TargetOptions): Promise<RunningTarget> => {
    const app = running.get(options) ?? (await target.start({ ...overRest(state.emulator), ...options }));
    running.set(options, app);
    return app;
  };
  afterAll(async () => {
    for (const app of running.values()) await app.close();
  });

  it.each(ATTACKS.map((each) => [`${each.cve}: ${each.was}`, each] as const))(
    '%s',
    async (_name, { body, options, status, code }) => {
      const app = await start(options);
      const answer = await exchange(app.url, { bytes: post(body) });
      expect(statuses(answer), answer).toEqual([status]);
      expect(answer).toContain(`"code":"${code}"`);
      await expectUnhurt(state.emulator, app);
    },
  );

  // @see https://nvd.nist.gov/vuln/detail/CVE-2026-8161
  // @see https://github.com/node-formidable/formidable/pull/1066
  it('CVE-2026-8161 (multiparty), formidable#1066: a field with a name of the prototype crashed the process', async () => {
    const app = await start();
    const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf', 'prototype'];
    const body = encodeForm([...names.map((name) => field(name)), ...names.map((name) => file(png, name))]);
    const answer = await exchange(app.url, { bytes: post(body) });
    expect(statuses(answer), answer).toEqual([200]);
    const json = JSON.parse(answer.slice(answer.indexOf('{'), answer.lastIndexOf('}') + 1));
    expect(Object.entries(json.body)).toEqual(names.map((name) => [name, 'x']));
    expect(json.files.map(({ fieldname }: { fieldname: string }) => fieldname)).toEqual(names);
    await state.emulator.reset();
    await expectUnhurt(state.emulator, app);
  });

  // @see https://nvd.nist.gov/vuln/detail/CVE-2026-8159
  // @see https://nvd.nist.gov/vuln/detail/CVE-2026-8162
  it.each([
    [
      'CVE-2026-8159 (multiparty): a file name that backtracks blocked the process',
      '!filename="1'.repeat(1200),
    ],
    [
      'CVE-2026-8162 (multiparty): a file name with half a percent code crashed the process',
      "; filename*=UTF-8''%E0%A4%A",
    ],
  ])('%s', async (_name, rest) => {
    const app = await start();
    const head = `Content-Disposition: form-data; name="a"; filename="a.png"${rest}`;
    const answer = await exchange(app.url, { bytes: post(form(part(head))) });
    expect(statuses(answer)).toHaveLength(1);
    await state.emulator.reset();
    await expectUnhurt(state.emulator, app);
  });

  // @see https://github.com/advisories/GHSA-75v8-2h7p-7m2m
  // @see https://github.com/node-formidable/formidable/issues/1061
  it('CVE-2025-46653, formidable#1061: files on the server had names to guess, or to choose', async () => {
    const app = await start({ maxReplayBytes: 0 });
    const body = encodeForm([{ name: 'a', fileName: '../uploads-evil/x.png', bytes: large }]);
    const open = openPost(`${app.url}/any`, body.length);
    await open.write(body.subarray(0, 500_000));
    await expect.poll(() => openTemporaryFiles()).toEqual([expect.stringMatching(/ \(deleted\)$/)]);
    expect(readdirSync(temporaryDirectory)).toEqual([]);
    open.request.end(body.subarray(500_000));
    const { json } = await open.answer;
    expect(json.images).toMatchObject([{ original_filename: 'x.png', mime_type: 'image/jpeg' }]);
    await state.emulator.reset();
    await expectUnhurt(state.emulator, app);
  });
});

// Each look walks through the whole heap.
describe.each(TARGETS.filter((target) => inFull(target)))(
  'clients that do not end their forms, through $name',
  (target) => {
    const state = withEmulator();

    /** As many clients as `bodies`, a few at a time, that leave, or whose form is cut. */
    const attack = async (app: RunningTarget, bodies: readonly Buffer[], leave: boolean): Promise<void> => {
      const left = bodies.values();
      const client = async (): Promise<void> => {
        for (const body of left) {
          const bytes = post(body, leave ? body.length + 1000 : body.length);
          await exchange(app.url, { bytes, after: leave ? 'destroy' : 'wait' });
        }
      };
      await Promise.all(Array.from({ length: 8 }, client));
      await expect.poll(() => app.errors.length).toBe(bodies.length);
    };
    const cut = (count: number): Buffer[] => {
      const body = encodeForm([file(large)]);
      return Array.from({ length: count }, (_, i) =>
        body.subarray(0, 100 + Math.floor((i / count) * body.length * 0.9)),
      );
    };
    /** Descriptors of files, not of sockets: the pool of connections to the service keeps some for a while. */
    const descriptors = (): number =>
      readdirSync('/proc/self/fd').filter((fd) => !linkOf(fd).startsWith('socket:')).length;

    // @see https://github.com/expressjs/multer/security/advisories/GHSA-44fp-w29j-9vj5
    // @see https://github.com/expressjs/multer/security/advisories/GHSA-v52c-386h-88mc
    // @see https://github.com/expressjs/multer/security/advisories/GHSA-3p4h-7m6x-2hcm
    // @see https://github.com/expressjs/multer/security/advisories/GHSA-qfvm-cv95-jqjf
    // @see https://github.com/fastify/fastify-multipart/security/advisories/GHSA-27c6-mcxv-x3fh
    const CUT =
      'CVE-2025-47935, CVE-2026-77037 (multer): forms that break off left streams and descriptors open';
    const LEFT =
      'CVE-2026-2359, CVE-2026-5038 (multer), CVE-2025-24033 (@fastify/multipart): clients that leave left files and streams';
    const separate: readonly [name: string, ways: readonly boolean[]][] = [
      [CUT, [false]],
      [LEFT, [true]],
    ];
    const together: typeof separate = [[`${CUT}; ${LEFT}`, [false, true]]];
    // Between two looks there is room for both.
    it.each(inject('soak') ? separate : together)('%s', async (_name, ways) => {
      const app = await target.start(overRest(state.emulator));
      const attackEach = async (count: number): Promise<void> => {
        for (const leave of ways) {
          await attack(app, cut(count), leave);
          app.errors.length = 0;
        }
      };
      // The first ones warm up pools and caches.
      await attackEach(6);
      const streams = queryObjects(Writable, { format: 'count' });
      const before = descriptors();
      await attackEach(24);
      await state.emulator.waitFor((e) => e.images.list().length === 0);
      // One stream for each request would be 24 at least; some sockets come and go.
      await expect
        .poll(() => queryObjects(Writable, { format: 'count' }) - streams, { interval: 200 })
        .toBeLessThan(12);
      await expect.poll(descriptors).toBeLessThanOrEqual(before);
      await expectUnhurt(state.emulator, app);
      await app.close();
    });
  },
);

// Limits, and the answer to a form that cannot be read, are multer's here; what is ours is that nothing stays.
describe('multer with our storage engine', () => {
  const state = withEmulator();
  const later = (_req: unknown, _file: unknown, callback: (error: null, take: boolean) => void): void =>
    void setImmediate(() => callback(null, true));

  it.each([
    // @see https://github.com/expressjs/multer/security/advisories/GHSA-xf7r-hgr6-v32p
    [
      'CVE-2026-3304: a file whose filter answers late stayed when the form was malformed',
      {},
      form(part(named('a')), part('Content-Disposition: form-data; filename="b.png"')),
    ],
    // @see https://github.com/expressjs/multer/security/advisories/GHSA-qvfw-j98x-7q72
    [
      'CVE-2026-77063: a file above the limit passed while its filter was asked',
      { limits: { fileSize: png.length - 1 } },
      encodeForm([file()]),
    ],
    // @see https://github.com/expressjs/multer/security/advisories/GHSA-qvfw-j98x-7q72
    [
      'CVE-2026-77063: a large file above the limit passed while its filter was asked',
      { limits: { fileSize: 500_000 } },
      encodeForm([file(large)]),
    ],
    // @see https://github.com/expressjs/multer/security/advisories/GHSA-5528-5vmv-3xc2
    [
      'CVE-2026-3520: undoing many files overflowed the stack',
      {},
      form(...Array.from({ length: 200 }, () => part(named('a'))), part(named(''))),
    ],
    // @see https://github.com/expressjs/multer/security/advisories/GHSA-fjgf-rc76-4x9p
    [
      'CVE-2025-7338: a form that breaks off crashed the process',
      {},
      encodeForm([file(large)]).subarray(0, -30),
    ],
  ] as const)('%s', async (_name, options, body) => {
    const app = await startStorage(overRest(state.emulator), { ...options, fileFilter: later as never });
    const answer = await exchange(app.url, { bytes: post(body) });
    expect(statuses(answer)[0]).toBeGreaterThanOrEqual(400);
    await state.emulator.waitFor(({ images }) => images.list().length === 0);
    await app.close();
    const well = await startStorage(overRest(state.emulator));
    await expectUnhurt(state.emulator, well);
    await well.close();
  });

  // @see https://github.com/expressjs/multer/security/advisories/GHSA-v52c-386h-88mc
  // @see https://github.com/expressjs/multer/security/advisories/GHSA-3p4h-7m6x-2hcm
  // @see https://github.com/expressjs/multer/security/advisories/GHSA-qfvm-cv95-jqjf
  it('CVE-2026-2359, CVE-2026-5038, CVE-2026-77037: files of clients that leave stayed, and so did descriptors', async () => {
    const app = await startStorage(overRest(state.emulator));
    const body = encodeForm([field('title'), file(), file(large, 'b')]);
    const step = inject('soak') ? 1 : 10;
    const small = Array.from({ length: 700 / step }, (_, i) => i * step);
    const places = [...small, ...Array.from({ length: 40 / step }, (_, i) => 700 + i * step * 15_000)];
    const left = places.values();
    await Promise.all(
      Array.from({ length: 8 }, async () => {
        for (const at of left) {
          const bytes = post(body.subarray(0, at), body.length);
          await exchange(app.url, { bytes, after: 'destroy' });
        }
      }),
    );
    await expect.poll(() => app.errors.length).toBe(places.length);
    await expectUnhurt(state.emulator, app);
    await app.close();
  });
});
