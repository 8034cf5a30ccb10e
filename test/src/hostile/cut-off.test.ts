import { Agent } from 'node:http';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeForm, openPost, postForm } from '../support/client.ts';
import { image } from '../support/images.ts';
import { NODE_TARGETS, type RunningTarget } from '../support/targets.ts';
import { overRest } from '../support/upload-suite.ts';

const png = await image('image/png');
const good = [{ name: 'a', fileName: 'a.png', bytes: png }];
const text = encodeForm([{ name: 'a', fileName: 'a.png', bytes: Buffer.alloc(300_000, 't') }]);

describe.each(NODE_TARGETS)('a client of $name whose rest is not read', (target) => {
  let emulator: Emulator;
  let app: RunningTarget;
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  beforeAll(async () => {
    emulator = await startEmulator();
    app = await target.start({ ...overRest(emulator), stallTimeoutMs: 300 });
  });
  afterAll(async () => {
    agent.destroy();
    await app.close();
    await emulator.close();
  });

  it.each([
    ['that promises more than would be drained', text, { contentLength: 100 * 1024 * 1024 }, 415],
    ['that stalls', text.subarray(0, 1000), { contentLength: text.length }, 408],
  ])(
    'is told that the connection closes, and its next upload is stored: one %s',
    async (_name, bytes, sizes, status) => {
      const post = openPost(`${app.url}/any`, bytes.length, { ...sizes, agent });
      // The server may reset what is still being written, once its response was read.
      post.request.on('error', () => undefined);
      post.request.write(bytes);
      const answer = await post.answer;
      expect(answer.status, answer.text).toBe(status);
      expect(answer.headers.connection).toBe('close');
      expect((await postForm(`${app.url}/any`, good, { agent })).status).toBe(200);
      post.request.destroy();
    },
  );

  it('keeps its connection where the rest was read', async () => {
    const answer = await postForm(
      `${app.url}/any`,
      [{ ...good[0], bytes: Buffer.alloc(300_000, 't') } as never],
      {
        agent,
      },
    );
    expect(answer.status).toBe(415);
    expect(answer.headers.connection).toBe('keep-alive');
  });
});
