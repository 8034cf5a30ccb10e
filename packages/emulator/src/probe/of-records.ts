import { type Assumption, accepted, type ProbeSources } from './assumption.ts';
import { describe, NOBODY, NotAsked, OTHER_PNG, PNG, type ProbedService } from './probed-service.ts';

const CREATE = 'packages/core/src/upload/create.ts';
const ERRORS = 'packages/core/src/service/upstream-error.ts';

/** A create call with a key that was used before, in words. */
async function again(
  service: ProbedService,
  first: Readonly<Record<string, unknown>>,
  fields: object,
): Promise<string> {
  const { status, body } = await service.tryCreate({ ...fields, idempotency_key: first['idempotency_key'] });
  const { image } = Object(body) as { image?: { id?: unknown; can_upload?: unknown } };
  if (!image) return `rejected (${status})`;
  const which = image.id === first['id'] ? 'the same record' : 'another record';
  return `${which}, can_upload ${String(image.can_upload)}`;
}

/** Uploads an image, and returns its judged record. */
async function uploaded(
  service: ProbedService,
  { readyTimeoutMs }: ProbeSources,
  bytes: Uint8Array<ArrayBuffer>,
  type: string = 'image/png',
): Promise<Readonly<Record<string, unknown>>> {
  const record = await service.create(describe(bytes, type));
  const status = await service.put(record, bytes, type);
  if (status >= 300) throw new NotAsked(`Its PUT was rejected (${status}).`);
  return (await service.judged(record.id, readyTimeoutMs)) ?? { status: 'not READY in time' };
}

/** What is assumed of records and their calls. */
export const OF_RECORDS: readonly Assumption[] = [
  {
    about: 'a key again, before the PUT',
    assumed: 'the same record, can_upload true',
    reliesOn: CREATE,
    see: async (service) => {
      const fields = describe(PNG);
      const { id } = await service.create(fields);
      return again(service, { ...fields, id }, fields);
    },
  },
  {
    about: 'a key again, after the PUT',
    assumed: 'the same record, can_upload false',
    reliesOn: CREATE,
    see: async (service, { readyTimeoutMs }) => {
      const fields = describe(PNG);
      const record = await service.create(fields);
      await service.put(record);
      await service.judged(record.id, readyTimeoutMs);
      return again(service, { ...fields, id: record.id }, fields);
    },
  },
  {
    about: 'a key again, for other bytes',
    assumed: 'the same record, can_upload false',
    reliesOn: 'packages/core/src/image/image.ts',
    see: async (service, { readyTimeoutMs }) => {
      const fields = describe(PNG);
      const record = await service.create(fields);
      await service.put(record);
      await service.judged(record.id, readyTimeoutMs);
      return again(
        service,
        { ...fields, id: record.id },
        { ...describe(OTHER_PNG), hash_sha256: 'a'.repeat(64) },
      );
    },
  },
  {
    about: 'an image after its PUT',
    assumed: 'READY in time',
    reliesOn: 'packages/core/src/upload/wait-until-ready.ts',
    see: async (service, sources) => {
      const start = performance.now();
      const { status } = await uploaded(service, sources, PNG);
      const took = `(${((performance.now() - start) / 1000).toFixed(1)} s)`;
      return status === 'READY' ? `READY in time ${took}` : String(status);
    },
  },
  {
    about: 'bytes that are no image',
    assumed: 'QUARANTINE',
    reliesOn: 'packages/core/src/upload/wait-until-ready.ts',
    see: async (service, sources) => {
      const { status } = await uploaded(service, sources, new TextEncoder().encode('This is no image.'));
      return String(status);
    },
  },
  {
    about: 'the type of a PNG that was declared as a JPEG',
    assumed: 'image/png',
    reliesOn: 'packages/core/src/direct/after.ts',
    see: async (service, sources) => {
      const { status, mime_type: type } = await uploaded(service, sources, PNG, 'image/jpeg');
      return status === 'READY' ? String(type) : String(status);
    },
  },
  {
    about: 'the dimensions of a new record',
    assumed: '0 × 0',
    reliesOn: 'packages/core/src/upload/store-file.ts',
    see: async (service) => {
      const { width, height } = (await service.pending()).image;
      return `${String(width)} × ${String(height)}`;
    },
  },
  {
    about: 'a hash_sha256 that is not of the bytes',
    assumed: 'recorded as it was sent',
    reliesOn: 'packages/core/src/calls/upload.ts',
    see: async (service) => {
      const hash = 'ab'.repeat(32);
      const { status, body } = await service.tryCreate({ ...describe(PNG), hash_sha256: hash });
      const { image } = Object(body) as { image?: { hash_sha256?: unknown } };
      if (!image) return accepted(status);
      return image.hash_sha256 === hash
        ? 'recorded as it was sent'
        : `recorded as ${String(image.hash_sha256)}`;
    },
  },
  {
    about: 'an object inside custom_metadata',
    assumed: 'rejected',
    reliesOn: 'packages/core/src/rules/metadata.ts',
    see: async (service) =>
      accepted((await service.tryCreate({ ...describe(PNG), custom_metadata: { a: { b: 1 } } })).status),
  },
  {
    about: 'a type that is no image',
    assumed: 'rejected',
    reliesOn: 'packages/core/src/inspect/type.ts',
    see: async (service) => accepted((await service.tryCreate(describe(PNG, 'application/pdf'))).status),
  },
  {
    about: 'a file of 100 MiB, with a server key',
    assumed: 'accepted',
    reliesOn: 'packages/core/src/rules/resolve-rules.ts',
    see: async (service) =>
      accepted((await service.tryCreate({ ...describe(PNG), content_length: 100 * 1024 * 1024 })).status),
  },
  {
    about: 'an image that there is not',
    assumed: '404',
    reliesOn: ERRORS,
    see: async (service) => String((await service.call('GET', `/images/${NOBODY}`)).status),
  },
  {
    about: 'an id that is none',
    assumed: '422',
    reliesOn: ERRORS,
    see: async (service) => String((await service.call('GET', '/images/none')).status),
  },
  {
    about: 'a call without a key',
    assumed: '401',
    reliesOn: ERRORS,
    see: async (service) => String((await service.call('GET', '/images/', undefined, null)).status),
  },
  {
    about: 'limits in the headers of a response',
    assumed: 'none',
    reliesOn: 'packages/core/src/service/retry.ts',
    see: async (service) => {
      const { headers } = await service.call('GET', '/images/');
      const names = [...headers.keys()].filter((name) => /rate-?limit|retry-after/.test(name));
      return names.length > 0 ? names.join(', ') : 'none';
    },
  },
  {
    about: 'the order of a list',
    assumed: 'the newest first',
    reliesOn: 'packages/core/src/calls/list.ts',
    see: async (service) => {
      const older = await service.pending();
      const newer = await service.create();
      const { body } = await service.call('GET', '/images/?limit=100');
      const ids = (body as readonly { id: string }[]).map(({ id }) => id);
      const [at, before] = [ids.indexOf(newer.id), ids.indexOf(older.id)];
      if (at < 0 || before < 0) return 'without the records that are PENDING';
      return at < before ? 'the newest first' : 'the oldest first';
    },
  },
  {
    about: 'a second delete',
    assumed: '404',
    reliesOn: ERRORS,
    see: async (service) => {
      const { id } = await service.create();
      await service.call('DELETE', `/images/${id}`);
      return String((await service.call('DELETE', `/images/${id}`)).status);
    },
  },
];
