import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BOUNDARY, encodeForm, type Part, postForm } from '../support/client.ts';
import { imageOfSize } from '../support/images.ts';
import { type RunningTarget, TARGETS } from '../support/targets.ts';
import { overRest } from '../support/upload-suite.ts';

const parts = async (size: number): Promise<Part[]> => [
  { name: 'title', value: 'Katze' },
  { name: 'avatar', fileName: 'a.jpg', bytes: await imageOfSize('image/jpeg', size) },
];
const HEADERS = { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` };

describe.each(TARGETS)('a body that is shorter than its Content-Length, on $name', (target) => {
  let emulator: Emulator;
  let app: RunningTarget;
  beforeEach(async () => {
    emulator = await startEmulator();
    app = await target.start(overRest(emulator));
  });
  afterEach(async () => {
    await app.close();
    expect(emulator.images.list()).toEqual([]);
    await emulator.close();
  });

  /** Something in front has lost the end of the body, and left the header as it was. */
  const declare = (length: number): void => {
    app.server.prependListener('request', (req: IncomingMessage) => {
      req.headers['content-length'] = String(length);
      const at = req.rawHeaders.findIndex((name) => /^content-length$/i.test(name));
      req.rawHeaders[at + 1] = String(length);
    });
  };

  it.each([
    ['in the preamble', 10, 5_000],
    ['in the headers of a part', 200, 5_000],
    ['in a file within the read-ahead', 3_000, 5_000],
    ['in a file above it', 400_000, 600_000],
    ['in the last delimiter', -5, 5_000],
  ])('is refused with both lengths when it ends %s', async (_where, cut, size) => {
    const form = encodeForm(await parts(size));
    declare(form.length);
    const body = form.subarray(0, cut);
    const answer = await fetch(`${app.url}/single`, { method: 'POST', headers: HEADERS, body });
    expect(await answer.json()).toMatchObject({
      status: 400,
      code: 'MALFORMED_MULTIPART',
      detail: `The body ended after ${body.length} of the ${form.length} bytes that its Content-Length declares.`,
    });
  });

  it('says nothing of lengths when the form itself ends early', async () => {
    const body = encodeForm(await parts(5_000)).subarray(0, 3_000);
    const answer = await fetch(`${app.url}/single`, { method: 'POST', headers: HEADERS, body });
    expect(await answer.json()).toMatchObject({
      code: 'MALFORMED_MULTIPART',
      detail: 'The form cannot be read, or is incomplete.',
    });
  });

  it('is told apart in the log when its client closes the connection', async () => {
    const form = encodeForm(await parts(600_000));
    const socket = connect(Number(new URL(app.url).port), '127.0.0.1');
    socket.on('error', () => undefined);
    const head = `POST /single HTTP/1.1\r\nhost: a\r\ncontent-type: ${HEADERS['content-type']}\r\ncontent-length: ${form.length}\r\n\r\n`;
    socket.write(head);
    socket.write(form.subarray(0, 400_000));
    await emulator.waitFor(({ requests }) =>
      requests.some(({ route, bytesReceived }) => route === 'put' && bytesReceived > 0),
    );
    socket.end();
    await expect.poll(() => app.errors).toMatchObject([{ code: 'CLIENT_ABORTED' }]);
    socket.destroy();
    const { message } = app.errors[0] as Error;
    const [, received] =
      /^The client closed the request after (\d+) of the (?:\d+) bytes that its Content-Length declares\.$/.exec(
        message,
      ) ?? [];
    expect(message).toContain(` ${form.length} bytes`);
    expect(Number(received)).toBeGreaterThan(0);
    expect(Number(received)).toBeLessThanOrEqual(400_000);
  });
});

it.each(TARGETS)(
  'a form that is complete is stored whatever its Content-Length says, on $name',
  async (target) => {
    const emulator = await startEmulator();
    const app = await target.start(overRest(emulator));
    const form = await parts(600_000);
    app.server.prependListener('request', (req: IncomingMessage) => {
      req.headers['content-length'] = String(encodeForm(form).length + 500);
    });
    const answer = await postForm(`${app.url}/single`, form);
    expect(answer.status, answer.text).toBe(200);
    expect(emulator.images.list()).toHaveLength(1);
    await app.close();
    await emulator.close();
  },
);
