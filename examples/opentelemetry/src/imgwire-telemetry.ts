import { type ChannelListener, subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Imgwire, ImgwireEvents } from '@imgwire/express';
import {
  type Attributes,
  type BatchObservableCallback,
  metrics,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';

type Handlers = { readonly [Name in keyof ImgwireEvents]?: (event: ImgwireEvents[Name]) => void };

/**
 * Turns the events of Imgwire's middleware on `node:diagnostics_channel` into OpenTelemetry spans and metrics, until
 * the returned function is called. Call it once, after the SDK has started: instruments created earlier stay empty.
 *
 * A span is a child of the span that is active in its request. File names are omitted: they can be personal data.
 */
export function startImgwireTelemetry(): () => void {
  const listeners = Object.entries(handlers()) as [string, ChannelListener][];
  for (const [name, listener] of listeners) subscribe(name, listener);
  return () => {
    for (const [name, listener] of listeners) unsubscribe(name, listener);
  };
}

/**
 * Adds gauges of what the uploads of an instance use, until you call the returned function. `imgwire.usage()` is read whenever metrics
 * are collected. Use one instance in each process: a second one would overwrite the figures of the first.
 */
export function observeImgwireUsage(imgwire: Pick<Imgwire, 'usage'>): () => void {
  const meter = metrics.getMeter('imgwire');
  const gauge = (name: string, unit: string, description: string) =>
    meter.createObservableGauge(name, { unit, description });
  const gauges = {
    active: gauge('imgwire.transfers.active', '{transfer}', 'Transfers to Imgwire under way.'),
    waiting: gauge('imgwire.transfers.waiting', '{file}', 'Files that wait for a transfer.'),
    oldestWait: gauge('imgwire.transfers.oldest_wait', 's', 'How long the first of them has waited.'),
    buffered: gauge('imgwire.memory.buffered', 'By', 'What has arrived, and is neither sent nor on disk.'),
    replay: gauge('imgwire.memory.replay', 'By', 'Copies in memory, from which files are sent again.'),
    disk: gauge('imgwire.disk', 'By', 'What is in the temporary folder.'),
  };
  const observe: BatchObservableCallback = (result) => {
    const { active, waiting, oldestWaitMs, bufferedBytes, replayBytes, diskBytes } = imgwire.usage();
    result.observe(gauges.active, active);
    result.observe(gauges.waiting, waiting);
    result.observe(gauges.oldestWait, oldestWaitMs / 1000);
    result.observe(gauges.buffered, bufferedBytes);
    result.observe(gauges.replay, replayBytes);
    result.observe(gauges.disk, diskBytes);
  };
  const observed = Object.values(gauges);
  meter.addBatchObservableCallback(observe, observed);
  return () => meter.removeBatchObservableCallback(observe, observed);
}

function handlers(): Handlers {
  const { uploads, duration, size, queue, retries, rollbackFailures } = createInstruments();
  return {
    'imgwire:request:received': ({ bytes, files, fields, durationMs }) => {
      const counts = { 'imgwire.form.files': files, 'imgwire.form.fields': fields };
      addSpan('imgwire.receive', durationMs, { 'http.request.body.size': bytes, ...counts });
    },
    'imgwire:request:failed': ({ error, bytes, durationMs }) => {
      addSpan('imgwire.request', durationMs, { 'http.request.body.size': bytes }, { error });
    },
    'imgwire:upload:started': ({ queuedMs }) => queue.record(queuedMs / 1000),
    'imgwire:upload:created': ({ imageId, durationMs }) => {
      addSpan('imgwire.create', durationMs, { 'imgwire.image.id': imageId }, CALL);
    },
    'imgwire:upload:put': ({ imageId, bytes, durationMs }) => {
      addSpan('imgwire.put', durationMs, { 'imgwire.image.id': imageId, 'imgwire.image.size': bytes }, CALL);
    },
    'imgwire:upload:retried': ({ error, attempt, waitMs }) => {
      const type = errorType(error);
      retries.add(1, type);
      const facts = { 'imgwire.retry.attempt': attempt, 'imgwire.retry.wait': waitMs / 1000 };
      trace.getActiveSpan()?.addEvent('imgwire.retry', { ...type, ...upstreamStatus(error), ...facts });
    },
    'imgwire:upload:stored': ({ field, imageId, mimetype, size: bytes, lengthSource, durationMs }) => {
      const kind = { 'imgwire.image.mime_type': mimetype, 'imgwire.length_source': lengthSource };
      const image = { 'imgwire.image.id': imageId, 'imgwire.image.size': bytes };
      addSpan('imgwire.upload', durationMs, { 'imgwire.form.field': field, ...image, ...kind });
      uploads.add(1, { 'imgwire.outcome': 'stored' });
      duration.record(durationMs / 1000, { 'imgwire.outcome': 'stored' });
      size.record(bytes, kind);
    },
    'imgwire:upload:failed': ({ field, error, durationMs }) => {
      addSpan('imgwire.upload', durationMs, { 'imgwire.form.field': field }, { error });
      const outcome = { 'imgwire.outcome': 'failed', ...errorType(error) };
      uploads.add(1, outcome);
      duration.record(durationMs / 1000, outcome);
    },
    'imgwire:upload:rolled-back': ({ imageId, durationMs }) => {
      addSpan('imgwire.undo', durationMs, { 'imgwire.image.id': imageId }, CALL);
    },
    // The event has no duration, so neither has the span.
    'imgwire:upload:rollback-failed': ({ imageId, error }) => {
      addSpan('imgwire.undo', 0, { ...(imageId && { 'imgwire.image.id': imageId }) }, { ...CALL, error });
      rollbackFailures.add(1, errorType(error));
    },
    'imgwire:import:stored': ({ imageId, durationMs }) => {
      addSpan('imgwire.import', durationMs, { 'imgwire.image.id': imageId }, CALL);
    },
    'imgwire:import:failed': ({ error, durationMs }) => {
      addSpan('imgwire.import', durationMs, {}, { ...CALL, error });
    },
    'imgwire:token:issued': ({ durationMs }) => addSpan('imgwire.token', durationMs, {}),
    'imgwire:token:failed': ({ error, durationMs }) => addSpan('imgwire.token', durationMs, {}, { error }),
    'imgwire:image:deleted': ({ imageIds, durationMs }) => {
      addSpan('imgwire.delete', durationMs, { 'imgwire.images': imageIds.length }, CALL);
    },
  };
}

const SECONDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300];
const BYTES = [16, 64, 256, 1024, 4096, 16_384, 65_536, 262_144].map((kib) => kib * 1024);

/** The SDK's own buckets are meant for milliseconds. */
const inBuckets = (unit: 's' | 'By', description: string, explicitBucketBoundaries: number[]) => ({
  ...{ unit, description },
  advice: { explicitBucketBoundaries },
});

function createInstruments() {
  const meter = metrics.getMeter('imgwire');
  const count = (name: string, unit: string, description: string) =>
    meter.createCounter(name, { unit, description });
  const histogram = (name: string, ...kind: Parameters<typeof inBuckets>) =>
    meter.createHistogram(name, inBuckets(...kind));
  return {
    uploads: count('imgwire.uploads', '{upload}', 'Files that were stored, or could not be.'),
    duration: histogram('imgwire.upload.duration', 's', 'From the beginning of a file to its end.', SECONDS),
    size: histogram('imgwire.upload.size', 'By', 'Size of a stored file.', BYTES),
    queue: histogram('imgwire.queue.duration', 's', 'Wait of a file for a transfer.', SECONDS),
    retries: count('imgwire.retries', '{retry}', 'Calls to Imgwire that were repeated.'),
    rollbackFailures: count('imgwire.undo_failures', '{image}', 'Records that may be left at Imgwire.'),
  };
}

interface SpanDetails {
  readonly kind?: SpanKind;
  readonly error?: unknown;
}

const CALL: SpanDetails = { kind: SpanKind.CLIENT };

/** Adds a span that ends now. */
function addSpan(name: string, durationMs: number, attributes: Attributes, details: SpanDetails = {}): void {
  const end = Date.now();
  const { kind = SpanKind.INTERNAL, error } = details;
  const span = trace.getTracer('imgwire').startSpan(name, { kind, attributes, startTime: end - durationMs });
  if ('error' in details) {
    span.setAttributes({ ...errorType(error), ...upstreamStatus(error) });
    span.setStatus({ code: SpanStatusCode.ERROR });
    if (error instanceof Error) span.recordException(error, end);
  }
  span.end(end);
}

/** An upload error's code, another error's name: low cardinality, as `error.type` requires. */
function errorType(error: unknown): Attributes {
  const { code, name } = Object(error) as { code?: unknown; name?: unknown };
  const type = [code, name].find((value) => typeof value === 'string') ?? '_OTHER';
  return { 'error.type': type };
}

/** The status of Imgwire's response, if there was one. */
function upstreamStatus(error: unknown): Attributes {
  const { upstreamStatus: status } = Object(error) as { upstreamStatus?: number };
  return status === undefined ? {} : { 'imgwire.upstream.status_code': status };
}
