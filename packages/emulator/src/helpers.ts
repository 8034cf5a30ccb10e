import type { Emulator, EmulatorImages } from './emulator.ts';
import type { EmulatorImage } from './image-record.ts';
import { whyQuarantined } from './lifecycle.ts';
import { describeRequests } from './request-log.ts';
import type { Service } from './service.ts';
import { wireImage } from './service.ts';

/** The part of an emulator for tests: queries and assertions. */
export type Helpers = Pick<
  Emulator,
  | 'images'
  | 'waitFor'
  | 'waitUntilReady'
  | 'assertNothingPending'
  | 'assertEveryRecordHasBytes'
  | 'assertNoOpenConnections'
>;

/** Creates the helpers. `self` is what a check of `waitFor` gets. */
export function createHelpers(service: Service, connections: () => number, self: () => Emulator): Helpers {
  const images = createImages(service);
  const waitFor: Emulator['waitFor'] = (
    check,
    { timeoutMs = 10_000, description = 'something to happen' } = {},
  ) =>
    service.changes.waitFor(() => check(self()), {
      timeoutMs,
      description,
      describe: () => describeRequests(service.requestLog.entries),
    });
  return {
    images,
    waitFor,
    waitUntilReady: (id, { timeoutMs = 10_000 } = {}) =>
      waitFor(() => readyOrThrow(id, images.get(id)), { timeoutMs, description: `image ${id} to be READY` }),
    assertNothingPending: () => {
      const open = images.list().filter(({ status }) => status === 'PENDING' || status === 'PROCESSING');
      assertNone(open, 'are not finished');
    },
    assertEveryRecordHasBytes: () => {
      assertNone(
        images.list().filter(({ id }) => images.sha256(id) === undefined),
        'have no bytes',
      );
    },
    assertNoOpenConnections: () => {
      if (connections() > 0) throw new Error(`${connections()} connections to the emulator are open.`);
    },
  };
}

function createImages(service: Service): EmulatorImages {
  const { images, bytes } = service.state;
  return {
    list: () => images.values().map((entry) => wireImage(service, entry)),
    get: (id) => {
      const entry = images.get(id);
      return entry && wireImage(service, entry);
    },
    bytes: async (id) => {
      const stored = images.get(id)?.stored;
      return stored && bytes.range(stored, 0, stored.sizeBytes);
    },
    sha256: (id) => images.get(id)?.stored?.sha256,
  };
}

function readyOrThrow(id: string, image: EmulatorImage | undefined): EmulatorImage | undefined {
  if (!image) throw new Error(`Image ${id} does not exist, or not any more.`);
  const reason = whyQuarantined(image);
  if (reason) throw new Error(`Image ${id} is in QUARANTINE. ${reason}`);
  return image.status === 'READY' ? image : undefined;
}

function assertNone(images: readonly EmulatorImage[], fault: string): void {
  if (images.length === 0) return;
  const lines = images.map(
    ({ id, status, original_filename: name }) => `  ${id} ${status} ${JSON.stringify(name)}`,
  );
  throw new Error(`${images.length} images ${fault}:\n${lines.join('\n')}`);
}
