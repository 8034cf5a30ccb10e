import { type Assumption, accepted } from './assumption.ts';
import { describe, NotAsked, OTHER_PNG, PNG } from './probed-service.ts';

const DIRECT = 'packages/core/src/direct/after.ts';

/** A body whose length nobody knows. */
const chunked = (): ReadableStream<Uint8Array> =>
  new ReadableStream({
    start: (controller) => {
      controller.enqueue(PNG);
      controller.close();
    },
  });

const LEAST_SECONDS = 60;
/** A life in the words of the assumptions. */
export const lifeOf = (seconds: number): string =>
  `${seconds >= LEAST_SECONDS ? 'at least' : 'less than'} ${LEAST_SECONDS} s (${Math.round(seconds)} s)`;

/** How long a presigned URL says that it lives, in seconds: S3's query, or a time in seconds or milliseconds since 1970. */
function lifeOfUrl(url: string): number {
  const query = new URL(url).searchParams;
  const forSeconds = Number(query.get('X-Amz-Expires') ?? Number.NaN);
  if (Number.isFinite(forSeconds)) return forSeconds;
  const until = Number(query.get('Expires') ?? query.get('expires') ?? Number.NaN);
  if (!Number.isFinite(until)) throw new NotAsked('The URL does not say how long it lives.');
  return (until > 1e11 ? until / 1000 : until) - Date.now() / 1000;
}

/** What is assumed of a presigned URL. */
export const OF_STORAGE: readonly Assumption[] = [
  {
    about: 'how long a presigned URL lives',
    assumed: `at least ${LEAST_SECONDS} s`,
    reliesOn: 'packages/core/src/direct/rules.ts',
    see: async (service) => lifeOf(lifeOfUrl((await service.pending()).uploadUrl)),
  },
  {
    about: 'a PUT of another type than declared',
    assumed: 'rejected',
    reliesOn: DIRECT,
    see: async (service) => accepted(await service.put(await service.create(), PNG, 'image/webp')),
  },
  {
    about: 'a PUT of fewer bytes than declared',
    assumed: 'rejected',
    reliesOn: 'packages/core/src/upload/exact-length.ts',
    see: async (service) => {
      const record = await service.create({ ...describe(PNG), content_length: PNG.length + 1 });
      return accepted(await service.put(record));
    },
  },
  {
    about: 'a PUT of more bytes than declared',
    assumed: 'rejected',
    reliesOn: DIRECT,
    see: async (service) => {
      const record = await service.create({ ...describe(PNG), content_length: PNG.length - 1 });
      return accepted(await service.put(record));
    },
  },
  {
    about: 'a PUT without a length',
    assumed: 'rejected',
    reliesOn: 'packages/core/src/upload/find-length.ts',
    see: async (service) => accepted(await service.put(await service.create(), chunked())),
  },
  {
    about: 'a second PUT of the same bytes',
    assumed: 'accepted',
    reliesOn: 'packages/core/src/upload/transfer.ts',
    see: async (service) => {
      const record = await service.create();
      await service.put(record);
      return accepted(await service.put(record));
    },
  },
  {
    about: 'a second PUT of other bytes',
    assumed: 'rejected',
    reliesOn: 'packages/core/src/direct/claims.ts',
    see: async (service) => {
      const record = await service.create();
      await service.put(record);
      return accepted(await service.put(record, OTHER_PNG));
    },
  },
  {
    about: 'the preflight of a PUT from a browser',
    assumed: 'accepted',
    reliesOn: 'packages/client/src/put-and-complete.ts',
    see: async (service) => {
      const { status, headers } = await fetch((await service.pending()).uploadUrl, {
        method: 'OPTIONS',
        headers: {
          origin: 'https://app.example.com',
          'access-control-request-method': 'PUT',
          'access-control-request-headers': 'content-type',
        },
      });
      return headers.has('access-control-allow-origin') ? accepted(status) : 'rejected (no CORS headers)';
    },
  },
];
