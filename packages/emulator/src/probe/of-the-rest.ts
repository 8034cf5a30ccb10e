import { imageUrl, inspectImage } from '@imgwire/core';
import { type Assumption, accepted } from './assumption.ts';
import { describe, largePng, NOBODY, NotAsked } from './probed-service.ts';

const PRESETS = ['thumbnail', 'small', 'medium', 'large'] as const;

/** The longest side of a delivered image, in pixels. */
async function sideOf(url: string): Promise<number> {
  const response = await fetch(url);
  const { width = 0, height = 0 } = inspectImage(new Uint8Array(await response.arrayBuffer())) ?? {};
  return Math.max(width, height);
}

/** What no call can show, and why. */
const NEVER = {
  'how long a record stays PENDING': ['for ever', 'packages/bullmq/src/sweep.ts', 'It would take days.'],
  'how long an idempotency key is known': [
    'for ever',
    'packages/core/src/calls/upload-via-url.ts',
    'It would take days.',
  ],
  'an upload via URL of a private address': [
    'no image',
    'packages/core/src/adapters/source-url.ts',
    'It could do harm.',
  ],
  'how many calls are too many': [
    'none',
    'packages/core/src/service/retry.ts',
    'Only a flood of calls would show it.',
  ],
  'the scopes of a key': [
    'all calls',
    'packages/core/src/calls/check.ts',
    'It needs keys that may do less than this one.',
  ],
  'whether a record that is PENDING counts to the quota': [
    'it does not',
    'packages/bullmq/src/sweep.ts',
    'It would take an account at its quota.',
  ],
  'what an upload and its storage cost': [
    'nothing here depends on it',
    'packages/core/src/calls/account.ts',
    'No call says prices.',
  ],
} as const;

/** What is assumed of presets, keys in browsers and many ids, and what a probe cannot look at. */
export const OF_THE_REST: readonly Assumption[] = [
  {
    about: 'the longest sides of the presets',
    assumed: '150, 320, 640, 1280',
    reliesOn: 'packages/emulator/src/deliver/presets.ts',
    see: async (service, { readyTimeoutMs }) => {
      const png = largePng();
      const record = await service.create(describe(png));
      await service.put(record, png);
      const judged = await service.judged(record.id, readyTimeoutMs);
      if (judged?.['status'] !== 'READY') throw new NotAsked('No image became READY.');
      const sides: number[] = [];
      for (const preset of PRESETS) sides.push(await sideOf(imageUrl(String(judged['cdn_url']), { preset })));
      return sides.join(', ');
    },
  },
  {
    about: 'a bulk delete in which one id is of no image',
    assumed: 'accepted, and the others are deleted',
    reliesOn: 'packages/core/src/calls/bulk.ts',
    see: async (service) => {
      const { id } = await service.create();
      const { status } = await service.call('POST', '/images/bulk_delete', { image_ids: [id, NOBODY] });
      const left = await service.call('GET', `/images/${id}`);
      return `${accepted(status)}, and the others are ${left.status === 404 ? 'deleted' : 'left'}`;
    },
  },
  {
    about: 'an image that is read with a client key from an origin that is not listed',
    assumed: 'accepted',
    reliesOn: 'packages/emulator/src/http/access.ts',
    see: async (service, { clientKey }) => {
      if (clientKey === undefined) throw new NotAsked('It needs IMGWIRE_CLIENT_KEY, a client key (ck_…).');
      const { id } = await service.pending();
      const headers = { origin: 'https://imgwire-probe.invalid' };
      return accepted((await service.call('GET', `/images/${id}`, undefined, clientKey, headers)).status);
    },
  },
  {
    about: 'custom_metadata of 64 KiB',
    assumed: 'accepted',
    reliesOn: 'packages/core/src/rules/metadata.ts',
    see: async (service) => {
      const metadata = { custom_metadata: { text: 'a'.repeat(64 * 1024) } };
      return accepted((await service.tryCreate({ ...describe(largePng()), ...metadata })).status);
    },
  },
  ...Object.entries(NEVER).map(
    ([about, [assumed, reliesOn, why]]): Assumption => ({
      ...{ about, assumed, reliesOn },
      see: () => Promise.reject(new NotAsked(why)),
    }),
  ),
];
