import { inspect } from 'node:util';
import { tokenEndpoint } from '@imgwire/core/adapter';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { createImgwire, type Imgwire } from '@imgwire/express';
import { ImgwireService } from '@imgwire/nestjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { image } from '../support/images.ts';
import { TRANSPORTS, type Transport } from '../support/transports.ts';
import { overRest } from '../support/upload-suite.ts';

type Fault = Parameters<Emulator['faults']['add']>[0];

const png = await image('image/png');
const store = async (emulator: Emulator): Promise<string> => {
  const imgwire = createImgwire(overRest(emulator));
  const { id } = await imgwire.upload({ file: png });
  await imgwire.close();
  return id;
};

/** What the service does instead of its work, and the column of the table that tells how a call then ends. */
const FAULTS: Readonly<Record<string, readonly [column: 0 | 1 | 2 | 3, fault: Omit<Fault, 'route'>]>> = {
  '500': [0, { status: 500 }],
  'a reset': [0, { resetAfterBytes: 0 }],
  '429 with Retry-After': [1, { status: 429, headers: { 'retry-after': '120' } }],
  'an empty 200': [2, { status: 200, body: '' }],
  'truncated JSON': [2, { status: 200, body: '{"id":"0b5c1d6e-0000-4000-8000-000000000000","cdn_u' }],
  'JSON of the wrong type': [2, { status: 200, body: ['ok'] }],
  HTML: [2, { status: 200, body: '<html><body>Welcome</body></html>' }],
  'no answer': [3, { hang: true }],
};

/** What is called, the route that the fault strikes, and how the call then ends over whatever transport. */
interface Call {
  readonly route: Fault['route'];
  readonly ends: readonly [failure: string, tooMany: string, success: string, silence: string];
  /** @param id of an image that is stored */
  run(imgwire: Imgwire, id: string, emulator: Emulator): Promise<unknown>;
}

const BUSY = '503 UPSTREAM_UNAVAILABLE';
const SILENT = '504 UPSTREAM_TIMEOUT';
const FAILS = [BUSY, `${BUSY} after 120`, BUSY, SILENT] as const;
/** The key is the caller's, so its record is looked at before it is taken back. */
const refused = (imgwire: Imgwire, _id: string, { faults }: Emulator): Promise<unknown> => {
  faults.add({ route: 'put', status: 402 });
  return imgwire.upload({ file: png, idempotencyKey: 'shared' });
};
const REFUSED = '503 ACCOUNT_LIMIT_REACHED, PENDING left';

const CALLS: Readonly<Record<string, Call>> = {
  create: {
    route: 'create',
    ends: [`${BUSY}, key told`, `${BUSY} after 120, key told`, `${BUSY}, key told`, `${SILENT}, key told`],
    run: (imgwire) => imgwire.upload({ file: png }),
  },
  PUT: {
    route: 'put',
    // The store promises no body.
    ends: [BUSY, `${BUSY} after 120`, 'done, PENDING left', SILENT],
    run: (imgwire) => imgwire.upload({ file: png }),
  },
  retrieve: { route: 'retrieve', ends: FAILS, run: (imgwire, id) => imgwire.retrieve(id) },
  waitUntilReady: { route: 'retrieve', ends: FAILS, run: (imgwire, id) => imgwire.waitUntilReady(id) },
  list: { route: 'list', ends: FAILS, run: (imgwire) => imgwire.list() },
  delete: {
    route: 'delete',
    ends: FAILS,
    run: (imgwire, id) => imgwire.delete(id),
  },
  'bulk delete': {
    route: 'bulk_delete',
    ends: FAILS,
    run: (imgwire, id) => imgwire.bulkDelete([id]),
  },
  'create of a download job': {
    route: 'create_download',
    ends: FAILS,
    run: (imgwire, id) => imgwire.createBulkDownloadJob([id]),
  },
  'retrieve of a download job': {
    route: 'retrieve_download',
    ends: FAILS,
    run: (imgwire, id) => imgwire.retrieveBulkDownloadJob(id),
  },
  waitUntilDownloadReady: {
    route: 'retrieve_download',
    ends: FAILS,
    run: (imgwire, id) => imgwire.waitUntilDownloadReady(id),
  },
  'create of a direct upload': {
    route: 'create',
    ends: [`${BUSY}, key told`, `${BUSY} after 120, key told`, `${BUSY}, key told`, `${SILENT}, key told`],
    run: (imgwire) => imgwire.createDirectUpload({ fileName: 'a.png' }),
  },
  token: {
    route: 'token',
    ends: FAILS,
    run: async (imgwire) => {
      const endpoint = tokenEndpoint({ imgwire, authorize: () => true });
      const { status, body } = await endpoint({ method: 'POST', headers: {} });
      if (status !== 200) throw body;
    },
  },
  'upload via URL': {
    route: 'upload_via_url',
    ends: FAILS,
    run: (imgwire) => imgwire.uploadViaUrl({ url: 'https://images.example.com/a.png' }),
  },
  discard: {
    route: 'delete',
    ends: Array(4).fill('done, image told') as unknown as Call['ends'],
    run: (imgwire, id) => imgwire.discard(id),
  },
  'the retrieve of an undo': {
    route: 'retrieve',
    ends: Array(4).fill(`${REFUSED}, image told`) as unknown as Call['ends'],
    run: refused,
  },
  'the delete of an undo': {
    route: 'delete',
    ends: Array(4).fill(`${REFUSED}, image told`) as unknown as Call['ends'],
    run: refused,
  },
};

function describeError(error: unknown): string {
  const { status, code, retryAfter } = Object(error) as Record<string, unknown>;
  return `${status} ${code}${retryAfter === undefined ? '' : ` after ${retryAfter}`}`;
}

/** How a call ended and what it left, and the requests that it came to. */
interface Observed {
  readonly end: string;
  readonly requests: readonly string[];
}

/** Leaves out what is the same as the one before. */
const onlyChanges = (requests: readonly string[]): readonly string[] =>
  requests.filter((request, i) => request !== requests[i - 1]);

async function observe({ connect }: Transport, call: Call, fault: Omit<Fault, 'route'>): Promise<Observed> {
  const emulator = await startEmulator();
  const id = await store(emulator);
  const seen = emulator.requests.length;
  const timeoutMs = fault.hang ? 2_000 : 10_000;
  const told: string[] = [];
  const imgwire = createImgwire({
    ...connect(emulator),
    requestTimeoutMs: timeoutMs,
    putIdleTimeoutMs: timeoutMs,
    maxAttempts: 2,
    onRollbackFailed: ({ imageId }) => void told.push(imageId ? 'image told' : 'key told'),
  });
  emulator.faults.add({ ...fault, route: call.route, times: 9 });
  const outcome = await call.run(imgwire, id, emulator).then(() => 'done', describeError);
  const left = emulator.images.list().flatMap((record) => (record.id === id ? [] : `${record.status} left`));
  const requests = emulator.requests.slice(seen).map(({ route, status }) => `${route} ${status}`);
  await imgwire.close();
  await emulator.close();
  return { end: [outcome, ...left, ...told].join(', '), requests };
}

describe.concurrent.each(Object.entries(CALLS))('%s', (_name, call) => {
  it.each(Object.entries(FAULTS))(
    'ends over every transport alike after %s',
    async (_fault, [column, fault]) => {
      const [rest, sdk] = (await Promise.all(
        TRANSPORTS.map((transport) => observe(transport, call, fault)),
      )) as [Observed, Observed];
      expect(sdk.end).toEqual(rest.end);
      expect(rest.end).toBe(call.ends[column]);
      if ('resetAfterBytes' in fault) {
        // Our own connection may have been idle. A reset is then no attempt, but has a second try over a new connection.
        expect(onlyChanges(sdk.requests)).toEqual(onlyChanges(rest.requests));
        expect(rest.requests.length - sdk.requests.length).toBeOneOf([0, 1, 2]);
      } else {
        expect(sdk.requests).toEqual(rest.requests);
      }
    },
  );
});

describe.each(TRANSPORTS)('over $transport', ({ connect }) => {
  let emulator: Emulator;
  let imgwire: Imgwire;
  const told: unknown[] = [];
  beforeEach(async () => {
    told.length = 0;
    emulator = await startEmulator();
    imgwire = createImgwire({ ...connect(emulator), onRollbackFailed: (failure) => void told.push(failure) });
  });
  afterEach(async () => {
    await imgwire.close();
    await emulator.close();
  });

  it('takes a record back whose first look was answered by half', async () => {
    emulator.faults.add({ route: 'retrieve', status: 200, body: '{"id":"0b5c1d6e' });
    await expect(refused(imgwire, '', emulator)).rejects.toMatchObject({ code: 'ACCOUNT_LIMIT_REACHED' });
    expect(emulator.images.list()).toEqual([]);
    expect(told).toEqual([]);
  });

  const record = { id: '0b5c1d6e-0000-4000-8000-000000000000', cdn_url: 'https://cdn.example.com/a.png' };
  it.each([
    ['no image', { upload_url: 'https://bucket.example.com/a' }],
    [
      'an image without its address',
      { image: { id: record.id }, upload_url: 'https://bucket.example.com/a' },
    ],
    ['no URL', { image: record }],
    ['a URL that is none', { image: record, upload_url: 'none' }],
  ])('asks again for a record when the response has %s', async (_what, body) => {
    emulator.faults.add({ route: 'create', afterProcessing: true, status: 200, body });
    const { id } = await imgwire.upload({ file: png });
    expect(emulator.images.list()).toMatchObject([{ id, status: 'READY' }]);
    expect(emulator.requests.map(({ route }) => route)).toEqual(['create', 'create', 'put']);
  });

  it('answers an empty list, and a page of it', async () => {
    expect(await imgwire.list()).toMatchObject({ data: [], pagination: { totalCount: 0, nextPage: null } });
    const id = await store(emulator);
    await store(emulator);
    const { data, pagination } = await imgwire.list({ page: 2, limit: 1 });
    expect([data.map((each) => each.id), pagination]).toEqual([
      [id],
      { totalCount: 2, page: 2, limit: 1, prevPage: 1, nextPage: null },
    ]);
  });

  /** A connection that repeats nothing. */
  const once = async (run: (imgwire: Imgwire) => Promise<void>): Promise<void> => {
    const hasty = createImgwire({ ...connect(emulator), maxAttempts: 1 });
    try {
      await run(hasty);
    } finally {
      await hasty.close();
    }
  };
  const failureOf = (call: Promise<unknown>): Promise<unknown> =>
    call.then(
      () => undefined,
      (reason: unknown) => reason,
    );

  const headers = { 'x-total-count': '3', 'x-page': '1', 'x-limit': '20' };
  it.each([
    ['an object', { detail: 'none' }, headers],
    ['an object, with no other number than the total', { data: [] }, { 'x-total-count': '3' }],
    ['an object with a length', { length: 0 }, headers],
    ['a number', '5', headers],
    ['false', 'false', headers],
    ['an empty text', '""', headers],
    ['a list without its images', [], headers],
    ['a list without images or numbers', [], {}],
  ])('does not take %s for the end of the list', async (_what, body, headers) => {
    emulator.faults.add({ route: 'list', status: 200, body, headers, times: null });
    await once(async ({ list, listAll }) => {
      const all = async (): Promise<void> => {
        for await (const { id } of listAll()) expect(id).toBe('none');
      };
      for (const call of [list(), all()]) {
        expect(await failureOf(call)).toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
      }
    });
  });

  it('answers an empty page behind the end of the list', async () => {
    await store(emulator);
    const { data, pagination } = await imgwire.list({ page: 7, limit: 2 });
    expect([data, pagination.totalCount]).toEqual([[], 1]);
    emulator.faults.add({ route: 'list', status: 200, body: [], headers: { 'x-total-count': '4' } });
    expect(await imgwire.list({ page: 3, limit: 2 })).toMatchObject({ data: [] });
  });

  it.each(['', '{"id":"0b5c1d6e', '<html></html>', '[]'])(
    'does not say of a 200 with %j that its status was an error',
    async (body) => {
      const id = await store(emulator);
      const calls = {
        create: (imgwire: Imgwire) => imgwire.upload({ file: png }),
        retrieve: (imgwire: Imgwire) => imgwire.retrieve(id),
        list: (imgwire: Imgwire) => imgwire.list(),
        delete: (imgwire: Imgwire) => imgwire.delete(id),
        bulk_delete: (imgwire: Imgwire) => imgwire.bulkDelete([id]),
        create_download: (imgwire: Imgwire) => imgwire.createBulkDownloadJob([id]),
        retrieve_download: (imgwire: Imgwire) => imgwire.retrieveBulkDownloadJob(id),
        token: (imgwire: Imgwire) => imgwire.createUploadToken(),
        upload_via_url: (imgwire: Imgwire) =>
          imgwire.uploadViaUrl({ url: 'https://images.example.com/a.png' }),
      } as const;
      await once(async (hasty) => {
        for (const [route, call] of Object.entries(calls)) {
          const fault = { route: route as keyof typeof calls, status: 200, body, times: null };
          const added = emulator.faults.add(fault);
          const error = await failureOf(call(hasty));
          added.remove();
          expect(error, route).toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
          expect(error, route).not.toHaveProperty('upstreamStatus');
          const { message } = (error as { cause: Error }).cause;
          // What the SDK cannot parse fails in it.
          expect(message, route).toMatch(
            / responded with a body that is not the JSON it promises$|: Cannot /,
          );
        }
      });
    },
  );

  it.each([
    ['1.5', 2],
    ['2 ', 2],
    [' 2', 2],
    ['0', 0],
    ['-1', undefined],
    ['1,5', undefined],
    ['2s', undefined],
    ['1e3', undefined],
    ['soon', undefined],
    ['', undefined],
  ])('reads Retry-After %j as %j', async (value, seconds) => {
    emulator.faults.add({ route: 'list', status: 429, headers: { 'retry-after': value }, times: null });
    await once(async ({ list }) => {
      const error = await failureOf(list());
      expect(error).toMatchObject({ code: 'UPSTREAM_UNAVAILABLE', upstreamStatus: 429 });
      const { retryAfter, headers } = error as { retryAfter?: number; headers: object };
      expect(retryAfter).toBe(seconds);
      expect(headers).toEqual(seconds === undefined ? {} : { 'Retry-After': String(seconds) });
    });
  });

  it('says what the service said, and no more', async () => {
    emulator.faults.add({ route: 'list', status: 304, body: '' });
    const error: unknown = await imgwire.list().catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'UPSTREAM_REJECTED', upstreamStatus: 304 });
    expect((error as { cause: Error }).cause.message).toMatch(/ responded with 304$/);
  });

  it('keeps a key out of its errors that looks like none', async () => {
    const apiKey = 'p4ss/w0rd+';
    const strange = createImgwire(connect({ url: emulator.url, apiKey }));
    const body = { detail: `no key is ${apiKey}, Bearer ${apiKey}`, error_type: apiKey };
    emulator.faults.add({ route: 'list', status: 401, body });
    const error: unknown = await strange.list().catch((reason: unknown) => reason);
    await strange.close();
    expect(error).toMatchObject({ code: 'UPSTREAM_REJECTED', upstreamStatus: 401 });
    expect(inspect(error, { depth: 20, showHidden: true })).not.toMatch(/p4ss|w0rd/);
  });

  const UNKNOWN = '11111111-2222-4333-8444-555555555555';
  const byId: Readonly<Record<string, (id: string) => Promise<unknown>>> = {
    retrieve: (id) => imgwire.retrieve(id),
    waitUntilReady: (id) => imgwire.waitUntilReady(id),
    'waitUntilReady({ id })': (id) => imgwire.waitUntilReady({ id }),
    delete: (id) => imgwire.delete(id),
    'ImgwireService.retrieve': (id) => new ImgwireService(imgwire).retrieve(id),
    'ImgwireService.waitUntilReady': (id) => new ImgwireService(imgwire).waitUntilReady(id),
    'ImgwireService.delete': (id) => new ImgwireService(imgwire).delete(id),
  };
  describe.each(Object.entries(byId))('%s', (name, call) => {
    it.each([UNKNOWN, 'none', '.', '..', 'a/b', '../cors_origins', `${UNKNOWN}?x`, ' ', 'ä'])(
      'does not find an image %j',
      async (id) => {
        const found = call(id);
        if (id === UNKNOWN && /delete/.test(name)) await found;
        else await expect(found).rejects.toMatchObject({ status: 404, code: 'IMAGE_NOT_FOUND' });
        expect(emulator.requests.map(({ path }) => path)).toEqual(
          [UNKNOWN, 'none'].includes(id) ? [`/api/v1/images/${id}`] : [],
        );
      },
    );

    it.each([undefined, null, '', 5, {}])('throws a TypeError for the id %j', async (id) => {
      const thrown: unknown = await call(id as string).catch((reason: unknown) => reason);
      expect(thrown).toBeInstanceOf(TypeError);
      expect(String(thrown)).toMatch(/: \w+\(\): the id of the image must be a string that is not empty\.$/);
      expect(emulator.requests).toEqual([]);
    });
  });

  it('waits for no image of nothing', async () => {
    await expect(imgwire.waitUntilReady(undefined as never)).rejects.toThrow(/^waitUntilReady\(\): the id/);
  });

  it.each([undefined, '', '..'])('discards no image %j, and tells', async (id) => {
    await imgwire.discard(id as string);
    expect(told).toHaveLength(1);
    expect(emulator.requests).toEqual([]);
  });
});
