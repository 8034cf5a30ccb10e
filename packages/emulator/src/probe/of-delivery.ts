import { type Assumption, accepted } from './assumption.ts';
import { describe, NotAsked, PNG, type ProbedService } from './probed-service.ts';

async function delivered(url: unknown): Promise<string> {
  const response = await fetch(String(url), { headers: { 'cache-control': 'no-cache' }, redirect: 'manual' });
  await response.arrayBuffer();
  return response.status === 200 ? 'delivered' : `not delivered (${response.status})`;
}

/** What becomes of an upload via URL, in words. */
async function imported(service: ProbedService, url: string, timeoutMs: number): Promise<string> {
  const { status, body } = await service.call('POST', '/images/upload_via_url', { url });
  const { id } = Object(body) as { readonly id?: string };
  service.note(id);
  if (id === undefined) return `no image (${status})`;
  const judged = await service.judged(id, timeoutMs);
  return judged?.['status'] === 'READY'
    ? 'an image'
    : `no image (${String(judged?.['status'] ?? 'PENDING')})`;
}

/** The least cap that a key can have is 5. */
const MOST_PENDING = 6;

/** What is assumed of delivery and of uploads via URL. */
export const OF_DELIVERY: readonly Assumption[] = [
  {
    about: 'the delivery URL of a record that is PENDING',
    assumed: 'not delivered',
    reliesOn: 'packages/core/src/image/url.ts',
    see: async (service) => delivered((await service.pending()).image['cdn_url']),
  },
  {
    about: 'the delivery URL of an image that is READY',
    assumed: 'delivered',
    reliesOn: 'packages/core/src/image/url.ts',
    see: async (service, { readyTimeoutMs }) => delivered((await service.ready(readyTimeoutMs))['cdn_url']),
  },
  {
    about: 'the delivery URL of an image that was deleted',
    assumed: 'not delivered',
    reliesOn: 'packages/core/src/upload/create.ts',
    see: async (service, { readyTimeoutMs }) => {
      // Nothing looks at it afterwards.
      const { id, cdn_url: url } = await service.ready(readyTimeoutMs);
      await service.call('DELETE', `/images/${String(id)}`);
      return delivered(url);
    },
  },
  {
    about: 'an upload via URL of a page',
    assumed: 'no image',
    reliesOn: 'packages/core/src/calls/upload-via-url.ts',
    see: async (service, { pageUrl, readyTimeoutMs }) => imported(service, pageUrl, readyTimeoutMs),
  },
  {
    about: 'an upload via URL of a redirect to an image',
    assumed: 'an image',
    reliesOn: 'packages/core/src/adapters/source-url.ts',
    see: async (service, { redirectUrl, readyTimeoutMs }) => {
      if (!redirectUrl)
        throw new NotAsked('It needs --redirect-url, a public URL that redirects to an image.');
      return imported(service, redirectUrl, readyTimeoutMs);
    },
  },
  {
    about: 'the host of the delivery URL, with a custom domain',
    assumed: 'the custom domain',
    reliesOn: 'packages/core/src/image/url.ts',
    see: async (service) => {
      const { body } = await service.call('GET', '/custom_domain/');
      const { hostname } = Object(body) as { readonly hostname?: string };
      if (!hostname) throw new NotAsked('The Environment has no custom domain.');
      const { host } = new URL(String((await service.pending()).image['cdn_url']));
      return host === hostname ? 'the custom domain' : host;
    },
  },
  {
    about: 'one record too many that is PENDING',
    assumed: 'rejected',
    reliesOn: 'packages/core/src/service/upstream-error.ts',
    see: async (service) => {
      for (let records = 1; records <= MOST_PENDING; records += 1) {
        const { status } = await service.tryCreate(describe(PNG));
        if (status >= 300) return status === 402 ? 'rejected (402)' : `another error (${status})`;
      }
      throw new NotAsked(`The key may have ${MOST_PENDING} records PENDING, and more.`);
    },
  },
  {
    about: 'an image that is read with a client key',
    assumed: 'accepted',
    reliesOn: 'packages/emulator/src/http/access.ts',
    see: async (service, { clientKey }) => {
      if (clientKey === undefined) throw new NotAsked('It needs IMGWIRE_CLIENT_KEY, a client key (ck_…).');
      const { id } = await service.pending();
      return accepted((await service.call('GET', `/images/${id}`, undefined, clientKey)).status);
    },
  },
];
