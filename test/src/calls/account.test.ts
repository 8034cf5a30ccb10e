import { runInNewContext } from 'node:vm';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { createImgwire, type Imgwire, type ImgwireClientLike } from '@imgwire/express';
import { ImgwireService } from '@imgwire/nestjs';
import { createImgwire as createWebImgwire } from '@imgwire/web';
import { createImgwire as createEdgeImgwire } from '@imgwire/web/edge';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { image } from '../support/images.ts';
import { overRest } from '../support/over-rest.ts';
import { sdkShapedClient } from '../support/sdk-shape.ts';
import { TRANSPORTS } from '../support/transports.ts';

const ENVIRONMENT = '0b5c1d6e-0000-4000-8000-000000000000';

let emulator: Emulator;
let imgwire: Imgwire;
afterEach(async () => {
  await imgwire.close();
  await emulator.close();
});

/** What an administrator does in the dashboard. */
const post = async (path: string, body?: object): Promise<unknown> => {
  const headers = { authorization: `Bearer ${emulator.apiKey}`, 'content-type': 'application/json' };
  const response = await fetch(`${emulator.url}/api/v1${path}`, {
    method: 'POST',
    headers,
    ...(body && { body: JSON.stringify(body) }),
  });
  return response.json();
};

type Calls = Pick<
  Imgwire,
  'listCorsOrigins' | 'retrieveCustomDomain' | 'getMetricsStats' | 'getMetricsDatasets'
>;
const CALLS: Readonly<
  Record<
    string,
    readonly [
      route: 'cors_origins' | 'custom_domain' | 'metrics',
      call: (calls: Calls, signal?: AbortSignal) => Promise<unknown>,
    ]
  >
> = {
  listCorsOrigins: ['cors_origins', (calls, signal) => calls.listCorsOrigins({}, signal)],
  retrieveCustomDomain: ['custom_domain', (calls, signal) => calls.retrieveCustomDomain(signal)],
  getMetricsStats: ['metrics', (calls, signal) => calls.getMetricsStats({}, signal)],
  getMetricsDatasets: ['metrics', (calls, signal) => calls.getMetricsDatasets({}, signal)],
};

describe.each(TRANSPORTS)('the calls about the Environment, over $transport', ({ connect }) => {
  beforeEach(async () => {
    emulator = await startEmulator();
    imgwire = createImgwire(connect(emulator));
  });

  it('list the CORS origins, page by page', async () => {
    const [first, second] = [
      await post('/cors_origins/', { pattern: 'app.example.com' }),
      await post('/cors_origins/', { pattern: '*.example.com' }),
    ];
    const { data, pagination } = await imgwire.listCorsOrigins();
    expect(data).toHaveLength(2);
    expect(data).toEqual(expect.arrayContaining([first, second]));
    expect(pagination).toEqual({ totalCount: 2, page: 1, limit: 20, prevPage: null, nextPage: null });
    const page = await imgwire.listCorsOrigins({ page: 2, limit: 1 });
    expect(page).toMatchObject({ data: [{}], pagination: { page: 2, prevPage: 1 } });
  });

  it('retrieve the custom domain, and null where there is none', async () => {
    expect(await imgwire.retrieveCustomDomain()).toBeNull();
    const domain = await post('/custom_domain/', { hostname: 'images.example.com' });
    expect(await imgwire.retrieveCustomDomain()).toEqual(domain);
    await post('/custom_domain/test_connection');
    expect(await imgwire.retrieveCustomDomain()).toMatchObject({ status: 'CONNECTED' });
  });

  it('get what a period has used, in all and by interval', async () => {
    const png = await image('image/png');
    await imgwire.upload({ file: png, waitUntilReady: true });
    const stats = await imgwire.getMetricsStats({ interval: 'DAILY', tz: 'UTC' });
    expect(stats.uploads).toEqual({ value: 1, prev: 0, pct_change: null });
    expect(stats.storage_bytes.value).toBe(png.length);
    const [dayBefore, yesterday] = [48, 24].map((hours) => new Date(Date.now() - hours * 3_600_000));
    const before = await imgwire.getMetricsStats({ dateStart: dayBefore, dateEnd: yesterday });
    expect(before.uploads).toEqual({ value: 0, prev: 0, pct_change: null });
    const dateEnd = new Date();
    const dateStart = new Date(dateEnd.getTime() - 3 * 3_600_000);
    const { uploads, storage_bytes, cache_hit_ratio } = await imgwire.getMetricsDatasets({
      dateStart,
      dateEnd,
    });
    expect(uploads.reduce((sum, point) => sum + point.uploads, 0)).toBe(1);
    expect(new Date(uploads[0]?.timestamp ?? '').getUTCMinutes()).toBe(0);
    expect(uploads.length).toBeLessThan(5);
    expect(storage_bytes.at(-1)).toMatchObject({ storage_bytes_current: png.length });
    expect(cache_hit_ratio).toEqual(expect.arrayContaining([{ label: 'MISS', value: 0 }]));
  });

  describe.each(Object.entries(CALLS))('%s()', (_name, [route, call]) => {
    it('retries a transient failure, and a response that is no JSON', async () => {
      await post('/custom_domain/', { hostname: 'images.example.com' });
      emulator.faults.add({ route, status: 503 });
      emulator.faults.add({ route, status: 200, body: '<html>', nth: 2 });
      expect(await call(imgwire)).toBeTypeOf('object');
    });

    it('fails with the code of the service, and as an exception of Nest', async () => {
      emulator.faults.add({ route, status: 401, times: 2 });
      await expect(call(imgwire)).rejects.toMatchObject({ code: 'UPSTREAM_REJECTED', upstreamStatus: 401 });
      await expect(call(new ImgwireService(imgwire))).rejects.toMatchObject({
        name: 'ImgwireHttpException',
        code: 'UPSTREAM_REJECTED',
      });
    });

    it('ends with its signal', async () => {
      emulator.faults.add({ route, hang: true });
      const controller = new AbortController();
      const ended = expect(call(imgwire, controller.signal)).rejects.toThrow('enough');
      await emulator.waitFor(({ requests }) => requests.length > 0);
      controller.abort(new Error('enough'));
      await ended;
    });
  });

  it('takes every interval, and a Date of another realm', async () => {
    const dateStart = runInNewContext('new Date()');
    for (const interval of ['HOURLY', 'DAILY', 'WEEKLY', 'MONTHLY'] as const)
      expect(await imgwire.getMetricsDatasets({ interval, dateStart })).toHaveProperty('uploads');
  });

  it('retry a page of origins that are none', async () => {
    const origin = await post('/cors_origins/', { pattern: 'app.example.com' });
    emulator.faults.add({ route: 'cors_origins', status: 200, body: [{ id: '1' }] as never });
    expect((await imgwire.listCorsOrigins()).data).toEqual([origin]);
    expect(emulator.requests.filter(({ method }) => method === 'GET')).toHaveLength(2);
  });

  it.each([
    [{ interval: 'hourly' }, /^getMetricsStats\(\): option "interval" must be 'HOURLY', 'DAILY'/],
    [{ dateStart: '2026-01-01' }, /option "dateStart" must be a Date: write new Date\('2026-01-01'\)/],
    [{ tz: 2 }, /option "tz" must be/],
    [{ dateEnd: new Date('never') }, /option "dateEnd" must be a Date/],
    [{ date_start: new Date() }, /unknown option "date_start"; did you mean "dateStart"\?/],
  ])('reject the query %j', async (query, message) => {
    for (const name of ['getMetricsStats', 'getMetricsDatasets'] as const) {
      const called = message.source.replace('getMetricsStats', name);
      await expect(imgwire[name](query as never)).rejects.toThrow(new RegExp(called));
    }
    expect(emulator.requests).toEqual([]);
  });

  it('retry series whose points are none', async () => {
    const names = ['uploads', 'transformations', 'requests', 'transfer_bytes', 'cache_hit_ratio'];
    const series = Object.fromEntries([...names, 'storage_bytes'].map((name) => [name, [null]]));
    emulator.faults.add({ route: 'metrics', status: 200, body: series });
    expect((await imgwire.getMetricsDatasets()).uploads).not.toContain(null);
    expect(emulator.requests).toHaveLength(2);
  });

  it('reject a page that is none', async () => {
    await expect(imgwire.listCorsOrigins({ page: 0 })).rejects.toThrow(
      /^listCorsOrigins\(\): option "page" must be/,
    );
    expect(emulator.requests).toEqual([]);
  });
});

describe('a client without these calls', () => {
  beforeEach(async () => {
    emulator = await startEmulator();
    const { images } = sdkShapedClient(emulator);
    imgwire = createImgwire({ client: { images } as ImgwireClientLike });
  });

  it.each(Object.entries(CALLS))('is a TypeError of %s()', async (_name, [, call]) => {
    await expect(call(imgwire)).rejects.toThrow(/^The `client` has no \w+\.\w+\(\): update @imgwire\/node/);
  });
});

describe('environmentId', () => {
  beforeEach(async () => {
    emulator = await startEmulator();
    imgwire = createImgwire({ ...overRest(emulator), environmentId: ENVIRONMENT });
  });

  it('is sent with every call of the API, and with no PUT', async () => {
    await imgwire.upload({ file: await image('image/png') });
    await imgwire.listCorsOrigins();
    const sent = emulator.requests.map(({ route, headers }) => [route, headers['x-environment-id']]);
    expect(sent).toEqual([
      ['create', ENVIRONMENT],
      ['put', undefined],
      ['cors_origins', ENVIRONMENT],
    ]);
  });

  it.each([
    ['@imgwire/web', createWebImgwire],
    ['@imgwire/web/edge', createEdgeImgwire],
  ])('is sent by %s', async (_name, create) => {
    const instance = create({ ...overRest(emulator), environmentId: ENVIRONMENT });
    await instance.createUploadToken();
    expect(emulator.requests[0]?.headers['x-environment-id']).toBe(ENVIRONMENT);
  });

  it('is a UUID, and belongs to no client', () => {
    expect(() => createImgwire({ ...overRest(emulator), environmentId: 'production' })).toThrow(
      'createImgwire(): option "environmentId" must be a UUID.',
    );
    const client = sdkShapedClient(emulator);
    expect(() => createImgwire({ client, environmentId: ENVIRONMENT })).toThrow(
      'createImgwire(): option "environmentId" belongs to the `client`, which makes the calls: leave it out.',
    );
  });
});
