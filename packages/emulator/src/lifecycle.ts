import type { ImageEntry } from './image-record.ts';
import type { ResolvedOptions } from './options.ts';
import { type ProbedImage, probeImage } from './probe-image.ts';
import type { StoredBytes } from './store/byte-store.ts';
import type { State } from './store/state.ts';

/** Maximum of decoded pixels that the service delivers, all frames of a GIF together. */
const MAX_PIXELS = 250_000_000;

/** Fields of a record that change. */
export type Patch = Partial<ImageEntry['record']>;

/** Takes a record from its bytes to READY or QUARANTINE. */
export interface Lifecycle {
  /** Reads the fields of the record from these bytes. */
  examine(stored: StoredBytes): Promise<Patch>;
  /** Attaches bytes to a record, and starts its lifecycle. Visible when this returns, durable when it resolves. */
  arrive(entry: ImageEntry, stored: StoredBytes, examined: Patch): Promise<void>;
  /** Resumes records that were in progress at a restart. */
  resume(): Promise<void>;
  /** Stops the timers: records keep their state. */
  stop(): void;
}

/** The options that say how a record becomes READY. */
type LifecycleOptions = Pick<ResolvedOptions, 'readyDelayMs' | 'readyBeforeMetadata' | 'mimeType'>;

/** Creates the lifecycle for records that need `readyDelayMs` from their PUT to READY. */
export function createLifecycle(state: State, options: LifecycleOptions): Lifecycle {
  const { readyDelayMs, readyBeforeMetadata } = options;
  const clock = createClock();

  /** Updates a record, unless it was deleted or got other bytes meanwhile. */
  async function advance(id: string, stored: StoredBytes, patch: Patch): Promise<void> {
    const entry = state.images.get(id);
    if (entry?.stored?.key !== stored.key) return;
    await state.images.put(id, { ...entry, record: { ...entry.record, ...patch, updated_at: now() } });
  }

  async function finish(id: string, stored: StoredBytes): Promise<void> {
    await advance(id, stored, await readFacts(state, stored, options));
  }

  function schedule(id: string, stored: StoredBytes): void {
    // In sequence: of two overdue timers, Node may run the later one first.
    clock.later(readyDelayMs / 2, async () => {
      await advance(id, stored, { status: readyBeforeMetadata ? 'READY' : 'PROCESSING' });
      clock.later(readyDelayMs / 2, () => finish(id, stored));
    });
  }

  /** With no delay, bytes and READY become visible and durable in one write. */
  async function examine(stored: StoredBytes): Promise<Patch> {
    return readyDelayMs === 0 ? readFacts(state, stored, options) : { status: 'PENDING' };
  }

  function arrive(entry: ImageEntry, stored: StoredBytes, examined: Patch): Promise<void> {
    const record = { ...entry.record, ...examined, size_bytes: stored.sizeBytes, can_upload: false };
    if (readyDelayMs > 0) schedule(record.id, stored);
    return state.images.put(record.id, { ...entry, stored, record: { ...record, updated_at: now() } });
  }

  async function resume(): Promise<void> {
    for (const { record, stored } of state.images.values()) {
      const isUnderway =
        record.status === 'PENDING' ||
        record.status === 'PROCESSING' ||
        record.processed_metadata_at === null;
      if (!stored || !isUnderway) continue;
      if (readyDelayMs === 0) await finish(record.id, stored);
      else schedule(record.id, stored);
    }
  }

  return { examine, arrive, resume, stop: clock.stop };
}

/** Runs steps later, and can cancel them all. */
function createClock(): { later(delayMs: number, step: () => Promise<void>): void; stop(): void } {
  const timers = new Set<NodeJS.Timeout>();
  return {
    later(delayMs, step) {
      const timer = setTimeout(() => {
        timers.delete(timer);
        // A step can only fail if the state is closed or reset meanwhile, and then the record no longer matters.
        step().catch(() => undefined);
      }, delayMs);
      timers.add(timer.unref());
    },
    stop() {
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
    },
  };
}

/** The fields that come from the bytes. A file that is no image, or has too many pixels, goes into quarantine. */
async function readFacts(state: State, stored: StoredBytes, { mimeType }: LifecycleOptions): Promise<Patch> {
  const read = (start: number, length: number): Promise<Buffer> => state.bytes.range(stored, start, length);
  const image = await probeImage(read, stored.sizeBytes);
  const processed = { processed_metadata_at: now() };
  // Other bytes may have been an image before.
  if (!image) return { ...processed, status: 'QUARANTINE', width: 0, height: 0, exif_data: {} };
  const facts = {
    ...processed,
    ...fieldsOf(image),
    ...(mimeType === 'measured' && { mime_type: image.type.mime }),
  };
  const pixels = image.width * image.height * image.frames;
  return { ...facts, status: pixels > MAX_PIXELS ? 'QUARANTINE' : 'READY' };
}

/** Why the record is in quarantine, as a sentence; undefined if it is not. */
export function whyQuarantined({ status, width, height }: Patch): string | undefined {
  if (status !== 'QUARANTINE') return undefined;
  if (!width || !height) return 'Its bytes are not an image of a type that Imgwire takes.';
  return `It has too many pixels: ${width} × ${height}, all frames counted more than ${MAX_PIXELS / 1e6} million.`;
}

function fieldsOf({ type, width, height, exif }: ProbedImage): Patch {
  return { is_directly_deliverable: type.direct, width, height, exif_data: exif };
}

function now(): string {
  return new Date().toISOString();
}
