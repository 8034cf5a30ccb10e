import { type Emulator, type Fault, startEmulator } from '@imgwire/emulator';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BOUNDARY, encodeForm, openPost, type Part, type PostOptions } from '../support/client.ts';
import { image, imageOfSize } from '../support/images.ts';
import { type RunningTarget, TARGETS } from '../support/targets.ts';
import { overRest } from '../support/upload-suite.ts';

const jpeg = await image('image/jpeg');
const large = await imageOfSize('image/jpeg', 500_000);
const file = (bytes: Uint8Array, name = 'avatar'): Part => ({ name, fileName: 'Kätzchen.jpg', bytes });
const good = encodeForm([file(jpeg)]);

/** The form posted to /single, the options of the POST, and the faults of the service. */
const CASES: Readonly<Record<string, readonly [body: Uint8Array, options?: PostOptions, fault?: Fault]>> = {
  'a form that is stored': [good],
  'a form without a file': [encodeForm([{ name: 'title', value: 'Katze' }])],
  'an empty form': [encodeForm([])],
  'an empty file': [encodeForm([file(new Uint8Array())])],
  'what is no image': [encodeForm([file(Buffer.from('no image'))])],
  'a file that is too large': [encodeForm([file(large)])],
  'a file that is too large, chunked': [encodeForm([file(large)]), { chunked: true }],
  'two files for one field': [encodeForm([file(jpeg), file(jpeg)])],
  'a file in an unknown field': [encodeForm([file(jpeg, 'other')])],
  'a name that is nested too deeply': [encodeForm([{ name: 'a[b][c][d][e][f][g][h]', value: '1' }])],
  'an array index that is too large': [encodeForm([{ name: 'a[101]', value: '1' }])],
  'a name of the prototype': [encodeForm([{ name: '__proto__[x]', value: '1' }, file(jpeg)])],
  'a field that is too long': [encodeForm([{ name: 'title', value: 'x'.repeat(200_000) }])],
  'a body that ends early': [good.subarray(0, good.length - 20), { contentLength: good.length - 20 }],
  'another boundary': [good, { headers: { 'content-type': 'multipart/form-data; boundary=other' } }],
  'no boundary': [good, { headers: { 'content-type': 'multipart/form-data' } }],
  'a type in capitals': [good, { headers: { 'content-type': `Multipart/Form-Data; boundary=${BOUNDARY}` } }],
  'a quoted boundary': [good, { headers: { 'content-type': `multipart/form-data; boundary="${BOUNDARY}"` } }],
  'a service that refuses': [good, {}, { route: 'create', status: 401 }],
  'a service that is not there': [good, {}, { route: 'create', status: 500 }],
  'a service that is busy': [good, {}, { route: 'put', status: 429, headers: { 'retry-after': '120' } }],
  'a service that does not answer': [good, {}, { route: 'put', hang: true }],
};

/** Clients of Nest read the `message` of every error: the `detail`, behind the members that all adapters send. */
function withoutMessage(text: string): string {
  const { message, ...others } = JSON.parse(text) as { readonly message?: string; readonly detail?: string };
  if (message === undefined) return text;
  expect(text.endsWith(`,"message":${JSON.stringify(others.detail)}}`)).toBe(true);
  return JSON.stringify(others);
}

describe.each(TARGETS.filter(({ name }) => /^(Nest|Fastify)/.test(name)))(
  '$name beside Express 5',
  (target) => {
    let emulator: Emulator;
    let apps: RunningTarget[];
    beforeAll(async () => {
      emulator = await startEmulator();
      const options = {
        ...overRest(emulator),
        ...{ maxAttempts: 1, requestTimeoutMs: 5000, putIdleTimeoutMs: 1000, limits: { fileSize: 400_000 } },
      };
      const express = TARGETS.filter(({ name }) => name === 'Express 5');
      apps = await Promise.all([...express, target].map((each) => each.start(options)));
    });
    beforeEach(() => emulator.reset());
    afterAll(async () => {
      await Promise.all(apps.map((app) => app.close()));
      await emulator.close();
    });

    it.each(Object.entries(CASES))('answers %s to the byte alike', async (_what, [body, options, fault]) => {
      const answers = [];
      for (const { url } of apps) {
        if (fault) emulator.faults.add(fault);
        const post = openPost(`${url}/single`, body.length, options);
        post.request.end(body);
        const { status, headers, text } = await post.answer;
        answers.push({
          status,
          type: headers['content-type'],
          retryAfter: headers['retry-after'],
          text: withoutMessage(text)
            .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'an id')
            .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'a time'),
        });
      }
      expect(answers).toHaveLength(2);
      expect(answers[1]).toEqual(answers[0]);
    });
  },
);
