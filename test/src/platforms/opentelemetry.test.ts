import type { IncomingMessage, ServerResponse } from 'node:http';
import { inspect } from 'node:util';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { observeImgwireUsage, startImgwireTelemetry } from '@imgwire/example-opentelemetry';
import { createImgwire } from '@imgwire/express';
import { context, metrics, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  AggregationTemporality,
  type Histogram,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { encodeForm, openPost, type Part, postForm } from '../support/client.ts';
import { imageOfSize, textNamedPng } from '../support/images.ts';
import { type RunningTarget, TARGETS, type TargetOptions } from '../support/targets.ts';
import { overRest } from '../support/upload-suite.ts';

const file = async (size: number): Promise<Part> => ({
  name: 'avatar',
  fileName: 'a.jpg',
  bytes: await imageOfSize('image/jpeg', size),
});

const milliseconds = ([seconds, nanos]: readonly [number, number]): number => seconds * 1e3 + nanos / 1e6;

describe('the bridge to OpenTelemetry', () => {
  let emulator: Emulator;
  let app: RunningTarget;
  let spanExporter: InMemorySpanExporter;
  let metricExporter: InMemoryMetricExporter;
  let reader: PeriodicExportingMetricReader;
  let providers: readonly [BasicTracerProvider, MeterProvider];
  let stop: () => void;

  beforeEach(async () => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    spanExporter = new InMemorySpanExporter();
    metricExporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
    reader = new PeriodicExportingMetricReader({ exporter: metricExporter });
    providers = [
      new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spanExporter)] }),
      new MeterProvider({ readers: [reader] }),
    ];
    trace.setGlobalTracerProvider(providers[0]);
    metrics.setGlobalMeterProvider(providers[1]);
    stop = startImgwireTelemetry();
    emulator = await startEmulator();
  });
  afterEach(async () => {
    stop();
    await app.close();
    await emulator.close();
    for (const provider of providers) await provider.shutdown();
    for (const api of [trace, metrics, context]) api.disable();
  });

  async function start(options: TargetOptions = {}): Promise<void> {
    const express5 = TARGETS.find(({ name }) => name === 'Express 5');
    if (!express5) throw new Error('There is no Express 5 among the targets.');
    app = await express5.start({ ...overRest(emulator), ...options });
    giveEachRequestItsSpan(app);
  }

  /** As an instrumentation of `node:http` does. */
  function giveEachRequestItsSpan({ server }: RunningTarget): void {
    const emit = server.emit.bind(server);
    const inSpan = (req: IncomingMessage, res: ServerResponse): boolean =>
      trace.getTracer('test').startActiveSpan('POST', { kind: SpanKind.SERVER }, (span) => {
        span.setAttribute('test.request', String(req.headers['x-request']));
        res.once('close', () => span.end());
        return emit('request', req, res);
      });
    server.emit = (event: string, ...values: unknown[]) =>
      event === 'request' ? inSpan(...(values as [IncomingMessage, ServerResponse])) : emit(event, ...values);
  }

  const ended = (): readonly ReadableSpan[] => spanExporter.getFinishedSpans();
  const requestSpans = (): ReadableSpan[] => ended().filter(({ kind }) => kind === SpanKind.SERVER);
  function requestSpan(): ReadableSpan {
    const [request] = requestSpans();
    if (!request) throw new Error('The request has no span.');
    return request;
  }
  /** The spans of Imgwire, once those of the requests have ended. */
  async function spans(requests = 1): Promise<ReadableSpan[]> {
    await expect.poll(() => requestSpans().length).toBe(requests);
    return ended().filter(({ kind }) => kind !== SpanKind.SERVER);
  }
  const named = (all: readonly ReadableSpan[], name: string): ReadableSpan[] =>
    all.filter((span) => span.name === `imgwire.${name}`);
  const names = (all: readonly ReadableSpan[]): string[] => all.map(({ name }) => name).toSorted();

  function expectChildren(all: readonly ReadableSpan[], request: ReadableSpan): void {
    for (const span of all) {
      expect(span.parentSpanContext?.spanId, span.name).toBe(request.spanContext().spanId);
      expect(span.spanContext().traceId, span.name).toBe(request.spanContext().traceId);
    }
  }

  /** The one span of this name has failed with this error. */
  function expectFailed(all: readonly ReadableSpan[], name: string, type: string, stack: string): void {
    const found = named(all, name);
    expect(found.map(({ status }) => status.code)).toEqual([SpanStatusCode.ERROR]);
    expect(found[0]?.attributes['error.type']).toBe(type);
    const attributes = { 'exception.stacktrace': expect.stringContaining(stack) };
    expect(found[0]?.events).toMatchObject([{ name: 'exception', attributes }]);
  }

  /** All metrics: for each name its unit and its points, a histogram's as count and sum. */
  async function measured(): Promise<Record<string, { unit: string; points: unknown[] } | undefined>> {
    metricExporter.reset();
    await reader.forceFlush();
    const all = metricExporter
      .getMetrics()
      .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics));
    return Object.fromEntries(
      all.map(({ descriptor, dataPoints }) => {
        const points = dataPoints.map(({ attributes, value }) =>
          typeof value === 'number' ? [attributes, value] : [attributes, value.count, value.sum],
        );
        return [descriptor.name, { unit: descriptor.unit, points }];
      }),
    );
  }

  it('makes gauges of what the uploads of a connection use', async () => {
    await start();
    const held = emulator.faults.add({ route: 'put', stallAfterBytes: 0 });
    const imgwire = createImgwire({ ...overRest(emulator), maxConcurrentUploads: 1 });
    const usage = vi.fn(imgwire.usage);
    const stopObserving = observeImgwireUsage({ usage });
    const bytes = await imageOfSize('image/jpeg', 20_000);
    const uploads = [bytes, bytes].map((each) => imgwire.upload({ file: each }));
    await emulator.waitFor(({ requests }) => requests.some(({ route }) => route === 'put'));
    const busy = await measured();
    held.remove();
    await Promise.all(uploads);
    const idle = await measured();
    stopObserving();
    await imgwire.close();
    const shown = (all: typeof idle): object =>
      Object.fromEntries(
        Object.entries(all).filter(([name]) => /^imgwire\.(transfers|memory|disk)/.test(name)),
      );
    const none = (unit: string) => ({ unit, points: [[{}, 0]] });
    const nothing = {
      'imgwire.transfers.active': none('{transfer}'),
      'imgwire.transfers.waiting': none('{file}'),
      'imgwire.transfers.oldest_wait': none('s'),
      'imgwire.memory.buffered': none('By'),
      'imgwire.memory.replay': none('By'),
      'imgwire.disk': none('By'),
    };
    expect(shown(busy)).toEqual({
      ...nothing,
      'imgwire.transfers.active': { unit: '{transfer}', points: [[{}, 1]] },
      'imgwire.transfers.waiting': { unit: '{file}', points: [[{}, 1]] },
      'imgwire.transfers.oldest_wait': { unit: 's', points: [[{}, expect.any(Number)]] },
    });
    expect(shown(idle)).toEqual(nothing);
    await measured();
    expect(usage).toHaveBeenCalledTimes(2);
  });

  it('makes spans of both legs that lie in the span of their request', async () => {
    await start();
    const parts = [{ name: 'title', value: 'x' }, await file(600_000)];
    const answer = await postForm(`${app.url}/single`, parts);
    const { id } = answer.json.images[0];
    const all = await spans();
    expect(names(all)).toEqual(['imgwire.create', 'imgwire.put', 'imgwire.receive', 'imgwire.upload']);

    const image = { 'imgwire.image.id': id };
    const sized = { ...image, 'imgwire.image.size': 600_000 };
    const facts = Object.fromEntries(all.map(({ name, kind, attributes }) => [name, { kind, attributes }]));
    expect(facts).toEqual({
      'imgwire.create': { kind: SpanKind.CLIENT, attributes: image },
      'imgwire.put': { kind: SpanKind.CLIENT, attributes: sized },
      'imgwire.receive': {
        kind: SpanKind.INTERNAL,
        attributes: {
          'http.request.body.size': encodeForm(parts).length,
          'imgwire.form.files': 1,
          'imgwire.form.fields': 1,
        },
      },
      'imgwire.upload': {
        kind: SpanKind.INTERNAL,
        attributes: {
          ...sized,
          'imgwire.form.field': 'avatar',
          'imgwire.image.mime_type': 'image/jpeg',
          'imgwire.length_source': 'computed',
        },
      },
    });

    const request = requestSpan();
    const [begin, end] = [request.startTime, request.endTime].map(milliseconds);
    expectChildren(all, request);
    for (const span of all) {
      expect(span.status, span.name).toEqual({ code: SpanStatusCode.UNSET });
      expect(milliseconds(span.duration), span.name).toBeGreaterThan(0);
      // The SDK takes the time of a span from Date.now(), which knows whole milliseconds only.
      expect(milliseconds(span.startTime), span.name).toBeGreaterThanOrEqual(Number(begin) - 1);
      expect(milliseconds(span.endTime), span.name).toBeLessThanOrEqual(Number(end) + 1);
    }
  });

  it('gives the spans of interleaved requests to the request they belong to', async () => {
    await start();
    // The file begins in a later chunk than the first, whose event still hangs on the request's own.
    const form = encodeForm([{ name: 'text', value: 'x'.repeat(100_000) }, await file(600_000)]);
    const posts = ['one', 'two'].map((name) =>
      openPost(`${app.url}/single`, form.length, { headers: { 'x-request': name } }),
    );
    for (let at = 0; at < form.length; at += 60_000) {
      for (const post of posts) await post.write(form.subarray(at, at + 60_000));
    }
    const ids = new Map<string, string>();
    for (const [i, post] of posts.entries()) {
      post.end();
      ids.set(['one', 'two'][i] ?? '', (await post.answer).json.images[0].id);
    }
    const all = await spans(2);
    for (const request of requestSpans()) {
      const { spanId } = request.spanContext();
      const children = all.filter(({ parentSpanContext }) => parentSpanContext?.spanId === spanId);
      expect(names(children)).toEqual(['imgwire.create', 'imgwire.put', 'imgwire.receive', 'imgwire.upload']);
      const images = new Set(children.map(({ attributes }) => attributes['imgwire.image.id']));
      expect(images).toEqual(new Set([undefined, ids.get(String(request.attributes['test.request']))]));
    }
  });

  it('counts and measures what is stored, in seconds and bytes', async () => {
    await start();
    await postForm(`${app.url}/single`, [await file(5000)]);
    await postForm(`${app.url}/single`, [await file(600_000)]);
    const all = await spans(2);
    const seconds = named(all, 'upload').reduce((sum, span) => sum + milliseconds(span.duration) / 1000, 0);
    const stored = { 'imgwire.outcome': 'stored' };
    const jpeg = { 'imgwire.image.mime_type': 'image/jpeg' };
    expect(await measured()).toEqual({
      'imgwire.uploads': { unit: '{upload}', points: [[stored, 2]] },
      'imgwire.upload.duration': { unit: 's', points: [[stored, 2, expect.closeTo(seconds, 5)]] },
      'imgwire.upload.size': {
        unit: 'By',
        points: [
          [{ ...jpeg, 'imgwire.length_source': 'read-ahead' }, 1, 5000],
          [{ ...jpeg, 'imgwire.length_source': 'computed' }, 1, 600_000],
        ],
      },
      'imgwire.queue.duration': { unit: 's', points: [[{}, 2, expect.any(Number)]] },
    });
  });

  it('measures how long a file waits for its place, in seconds', async () => {
    await start({ maxConcurrentUploads: 1 });
    emulator.faults.add({ route: 'put', delayMs: 200 });
    const first = postForm(`${app.url}/single`, [await file(5000)]);
    await emulator.waitFor(() => emulator.requests.find(({ route }) => route === 'put'));
    await postForm(`${app.url}/single`, [await file(5000)]);
    await first;
    const uploads = named(await spans(2), 'upload').map(({ duration }) => milliseconds(duration) / 1000);
    const { 'imgwire.queue.duration': queue } = await measured();
    expect(queue).toEqual({ unit: 's', points: [[{}, 2, expect.any(Number)]] });
    const [[, , waited] = []] = (queue?.points ?? []) as (readonly [object, number, number])[];
    expect(waited).toBeGreaterThan(0);
    // The wait of a file is a part of its duration.
    expect(waited).toBeLessThan(uploads.reduce((sum, seconds) => sum + seconds, 0));
  });

  it('sorts durations into buckets of seconds, and sizes into buckets of bytes', async () => {
    await start();
    await postForm(`${app.url}/single`, [await file(5000)]);
    await reader.forceFlush();
    const all = metricExporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics[0]?.metrics ?? []);
    const bounds = (name: string): readonly number[] => {
      const [point] = all.find(({ descriptor }) => descriptor.name === name)?.dataPoints ?? [];
      return (point?.value as Histogram | undefined)?.buckets.boundaries ?? [];
    };
    for (const name of ['imgwire.upload.duration', 'imgwire.queue.duration']) {
      expect(bounds(name)).toEqual([0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300]);
    }
    expect(bounds('imgwire.upload.size')[0]).toBe(16 * 1024);
    expect(bounds('imgwire.upload.size').at(-1)).toBe(256 * 1024 * 1024);
  });

  it('tells of a failure of Imgwire, of the repeated calls before it, and of the undo after it', async () => {
    await start();
    emulator.faults.add({ route: 'put', status: 503, times: Number.POSITIVE_INFINITY });
    const answer = await postForm(`${app.url}/single`, [await file(5000)]);
    expect(answer.status).toBe(503);
    const all = await spans();
    expect(names(all)).toEqual([
      'imgwire.create',
      'imgwire.receive',
      'imgwire.request',
      'imgwire.undo',
      'imgwire.upload',
    ]);
    expectChildren(all, requestSpan());
    const type = { 'error.type': 'UPSTREAM_UNAVAILABLE' };
    const why = { ...type, 'imgwire.upstream.status_code': 503 };
    for (const name of ['upload', 'request']) {
      expectFailed(all, name, 'UPSTREAM_UNAVAILABLE', 'ImgwireError: The image service is not available');
      expect(named(all, name)[0]?.attributes, name).toMatchObject(why);
    }
    const [created] = named(all, 'create');
    const [undone] = named(all, 'undo');
    expect(undone?.attributes).toEqual(created?.attributes);
    expect(undone?.status).toEqual({ code: SpanStatusCode.UNSET });
    expect(requestSpan().events).toMatchObject(
      [1, 2].map((attempt) => ({
        name: 'imgwire.retry',
        attributes: { ...why, 'imgwire.retry.attempt': attempt, 'imgwire.retry.wait': expect.any(Number) },
      })),
    );
    const failed = { 'imgwire.outcome': 'failed', ...type };
    expect(await measured()).toEqual({
      'imgwire.uploads': { unit: '{upload}', points: [[failed, 1]] },
      'imgwire.upload.duration': { unit: 's', points: [[failed, 1, expect.any(Number)]] },
      'imgwire.queue.duration': { unit: 's', points: [[{}, 1, expect.any(Number)]] },
      'imgwire.retries': { unit: '{retry}', points: [[type, 2]] },
    });
  });

  it('tells of a call that was repeated with success', async () => {
    await start();
    emulator.faults.add({ route: 'create', status: 503 });
    expect((await postForm(`${app.url}/single`, [await file(5000)])).status).toBe(200);
    const all = await spans();
    expect(all.map(({ status }) => status.code)).toEqual(Array(4).fill(SpanStatusCode.UNSET));
    expect(requestSpan().events.map(({ name }) => name)).toEqual(['imgwire.retry']);
    const wait = Number(requestSpan().events[0]?.attributes?.['imgwire.retry.wait']);
    // The span of create has all attempts in it, and the pause between them.
    expect(milliseconds(named(all, 'create')[0]?.duration ?? [0, 0])).toBeGreaterThan(wait * 1000 - 1);
    const { 'imgwire.retries': retries, 'imgwire.uploads': uploads } = await measured();
    expect(retries?.points).toEqual([[{ 'error.type': 'UPSTREAM_UNAVAILABLE' }, 1]]);
    expect(uploads?.points).toEqual([[{ 'imgwire.outcome': 'stored' }, 1]]);
  });

  it('tells of a record that could not be deleted', async () => {
    await start();
    emulator.faults.add({ route: 'put', status: 400 });
    emulator.faults.add({ route: 'delete', status: 403 });
    expect((await postForm(`${app.url}/single`, [await file(5000)])).status).toBe(502);
    const all = await spans();
    expectFailed(all, 'undo', 'UPSTREAM_REJECTED', 'ImgwireError');
    expect(named(all, 'undo')[0]?.attributes).toEqual({
      'imgwire.image.id': emulator.images.list()[0]?.id,
      'error.type': 'UPSTREAM_REJECTED',
      'imgwire.upstream.status_code': 403,
    });
    expectChildren(all, requestSpan());
    expect((await measured())['imgwire.undo_failures']).toEqual({
      unit: '{image}',
      points: [[{ 'error.type': 'UPSTREAM_REJECTED' }, 1]],
    });
  });

  it('tells of a form that is refused, and of the undo of what it had stored', async () => {
    await start();
    const parts = [await file(5000), { ...textNamedPng, fileName: 'b.png' }];
    expect((await postForm(`${app.url}/any`, parts)).status).toBe(415);
    const all = await spans();
    expectFailed(all, 'request', 'UNSUPPORTED_IMAGE_TYPE', 'ImgwireError');
    const ids = (name: string): unknown[] =>
      named(all, name).map(({ attributes }) => attributes['imgwire.image.id']);
    expect(ids('undo')).toEqual(ids('create'));
    expectChildren(all, requestSpan());
  });

  it('tells of a client that left, though the span of its request has ended by then', async () => {
    await start();
    const post = openPost(`${app.url}/single`, 900_000);
    await post.write(encodeForm([await file(600_000)]).subarray(0, 300_000));
    await emulator.waitFor(() => emulator.requests.find(({ route }) => route === 'put'));
    post.request.destroy();
    await expect.poll(() => named(ended(), 'request').length).toBe(1);
    const all = await spans();
    expectFailed(all, 'request', 'CLIENT_ABORTED', 'ImgwireError');
    expectChildren(all, requestSpan());
    const failed = { 'imgwire.outcome': 'failed', 'error.type': 'CLIENT_ABORTED' };
    expect((await measured())['imgwire.uploads']?.points).toEqual([[failed, 1]]);
  });

  it.each([
    ['its name where it has no code', new RangeError('no such album'), 'RangeError'],
    ['its code where it has one', Object.assign(new Error('gone'), { code: 'ECONNRESET' }), 'ECONNRESET'],
    ['_OTHER where it is no error', 'a text', '_OTHER'],
    ['_OTHER where it is nothing', undefined, '_OTHER'],
  ])('calls an error of the application by %s', async (_, error, type) => {
    await start({ metadata: () => Promise.reject(error) });
    await postForm(`${app.url}/single`, [await file(5000)]);
    const [span] = named(await spans(), 'upload');
    expect(span?.attributes['error.type']).toBe(type);
    expect(span?.status).toEqual({ code: SpanStatusCode.ERROR });
    expect(span?.events).toHaveLength(error instanceof Error ? 1 : 0);
  });

  it('exports no key and no presigned URL', async () => {
    await start();
    for (const fault of [{ status: 403 }, { resetAfterBytes: 100 }, { status: 503 }]) {
      emulator.faults.add({ route: 'put', ...fault, times: 3 });
      await postForm(`${app.url}/single`, [await file(5000)]);
    }
    emulator.faults.add({ route: 'delete', status: 403 });
    emulator.faults.add({ route: 'put', status: 400 });
    await postForm(`${app.url}/single`, [await file(5000)]);
    await postForm(`${app.url}/single`, [await file(600_000)]);
    const all = await spans(5);
    await reader.forceFlush();
    const text = inspect([ended(), metricExporter.getMetrics()], {
      ...{ depth: 20, showHidden: true, maxArrayLength: null, maxStringLength: null },
    });
    expect(text).toContain('imgwire.undo_failures');
    expect(text).toContain(String(named(all, 'create')[0]?.attributes['imgwire.image.id']));
    expect(text).not.toContain(emulator.apiKey);
    expect(text).not.toContain(new URL(emulator.url).host);
    expect(text).not.toMatch(/signature|https?:\/\//i);
  });

  it('exports nothing more once it is stopped', async () => {
    await start();
    await postForm(`${app.url}/single`, [await file(5000)]);
    const [before, counted] = [names(await spans()), await measured()];
    stop();
    emulator.faults.add({ route: 'create', status: 503 });
    emulator.faults.add({ route: 'put', status: 400 });
    expect((await postForm(`${app.url}/single`, [await file(5000)])).status).toBe(502);
    expect(names(await spans(2))).toEqual(before);
    expect(await measured()).toEqual(counted);
    expect(requestSpans().flatMap(({ events }) => events)).toEqual([]);
  });
});
