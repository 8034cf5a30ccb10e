import { once } from 'node:events';
import type { Emulator } from '@imgwire/emulator';
import {
  type Answer,
  encodeForm,
  openPost,
  type Part,
  type PostOptions,
  postBody,
} from '../support/client.ts';
import { imageOfSize } from '../support/images.ts';

/** What became of one file: `stored`, the status and the code of its refusal, or that the connection was closed. */
export type Outcome = string;

/** What is sent to a server. */
export interface Upload {
  /** As the head of a row. */
  readonly name: string;
  /** @returns the outcome of each file */
  send(url: string, emulator: Emulator): Promise<Outcome[]>;
}

const MB = 1_000_000;
const CAPTION: Part = { name: 'caption', value: 'late' };

const formOf = async (bytes: number, ...behind: Part[]): Promise<Buffer> =>
  encodeForm([
    { name: 'avatar', fileName: 'a.jpg', bytes: await imageOfSize('image/jpeg', bytes) },
    ...behind,
  ]);

const outcomeOf = (answer: Promise<Answer>): Promise<Outcome> =>
  answer.then(
    ({ status, json }) => (status === 200 ? 'stored' : `${status} \`${json?.code}\``),
    () => 'connection closed',
  );

const one = (name: string, form: () => Promise<Buffer>, options: PostOptions = {}): Upload => ({
  name,
  send: async (url) => [await outcomeOf(postBody(`${url}/single`, await form(), options))],
});

/** The connection to the store breaks in the middle of the file, once. */
const brokenOnce = (name: string, bytes: number): Upload => ({
  name,
  send: async (url, emulator) => {
    const fault = emulator.faults.add({ route: 'put', resetAfterBytes: bytes / 2 });
    const outcome = await outcomeOf(postBody(`${url}/single`, await formOf(bytes)));
    if (fault.hits !== 1) throw new Error(`${name}: no PUT has failed`);
    return [outcome];
  },
});

/** Clients that are all connected before one sends a file, and that have all sent most of it before one sends the rest. */
export const atOnce = (name: string, count: number, bytes: number, options: PostOptions = {}): Upload => ({
  name,
  send: async (url) => {
    const form = await formOf(bytes);
    const most = form.length - 1000;
    const headers = { expect: '100-continue' };
    const posts = Array.from({ length: count }, () =>
      openPost(`${url}/single`, form.length, { ...options, headers }),
    );
    // A client that is refused, or whose connection is closed, waits for nothing more.
    const each = (step: (post: (typeof posts)[number]) => Promise<unknown>): Promise<unknown> =>
      Promise.all(posts.map((post) => Promise.race([step(post), post.answer]).catch(() => undefined)));
    await each(({ request }) => {
      request.flushHeaders();
      return once(request, 'continue');
    });
    await each(({ write }) => write(form.subarray(0, most)));
    for (const { request } of posts) if (!request.destroyed) request.end(form.subarray(most));
    return Promise.all(posts.map(({ answer }) => outcomeOf(answer)));
  },
});

const UNKNOWN = { chunked: true };

/** Everything that is sent, in this order, to one server for each condition. */
export const UPLOADS: readonly Upload[] = [
  one('200 KB', () => formOf(0.2 * MB)),
  one('5 MB', () => formOf(5 * MB)),
  one('50 MB', () => formOf(50 * MB)),
  one('5 MB, a text behind it', () => formOf(5 * MB, CAPTION)),
  one('50 MB, a text behind it', () => formOf(50 * MB, CAPTION)),
  one('5 MB, no `Content-Length`', () => formOf(5 * MB), UNKNOWN),
  one('50 MB, no `Content-Length`', () => formOf(50 * MB), UNKNOWN),
  brokenOnce('5 MB, the first PUT fails', 5 * MB),
  brokenOnce('50 MB, the first PUT fails', 50 * MB),
  atOnce('20 of 5 MB at once', 20, 5 * MB),
  atOnce('20 of 5 MB at once, no `Content-Length`', 20, 5 * MB, UNKNOWN),
  atOnce('300 of 60 KB at once', 300, 0.06 * MB),
  one('200 KB after all that', () => formOf(0.2 * MB)),
];
