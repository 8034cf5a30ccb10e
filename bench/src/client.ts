import type { Arm } from './arms.ts';
import { type Connection, type Message, openConnection, toBytes } from './connection.ts';
import { BOUNDARY, type FormBody, formBody } from './form-body.ts';
import { type Held, hold } from './hold.ts';
import { arriving } from './pacing.ts';
import { answerQuestions, now } from './worker.ts';
import type { Workload } from './workloads.ts';

/** What is expected to arrive for each request. */
export type Expected = Readonly<
  Record<'formBytes' | 'fileBytes', number> & Record<'formSha256' | 'fileSha256', string>
>;

/** What was seen of a run. */
export interface ClientRun {
  readonly requests: number;
  readonly wallMs: number;
  readonly latenciesMs: readonly number[];
  /** When each request began, in order; see `now()`. */
  readonly begun: readonly number[];
}

/** From the last byte of each request to the first of its response, milliseconds. */
export type ClientWaits = readonly number[];

export type ClientQuestion =
  | { do: 'expected'; workload: Workload }
  /** Sends until `ms` are over, at least `atLeast` requests. */
  | { do: 'run'; workload: Workload; takes?: Arm['takes']; url: string; ms: number; atLeast: number }
  /** Sends so many requests, one after the other, at a rate; answers with {@link ClientWaits}. */
  | { do: 'wait'; workload: Workload; url: string; bytesPerSecond: number; requests: number }
  /** Opens so many uploads, up to the middle of their file. */
  | { do: 'hold'; workload: Workload; url: string; count: number }
  /** Ends those that are held. */
  | { do: 'release' }
  /** The milliseconds of each leg of a slow line, on its own. */
  | { do: 'legs'; workload: Workload; sink: string };

const bodies = new Map<string, FormBody>();
let held: Held | undefined;

function bodyOf(workload: Workload): FormBody {
  const body = bodies.get(workload.name) ?? formBody(workload);
  // One at a time: the large ones would add up.
  bodies.clear();
  bodies.set(workload.name, body);
  return body;
}

const formTo = (url: string, workload: Workload): Buffer =>
  toBytes({
    ...{ method: 'POST', url, type: `multipart/form-data; boundary=${BOUNDARY}` },
    body: bodyOf(workload).bytes,
  });

const fileTo = (url: string, workload: Workload): Buffer =>
  toBytes({ ...{ method: 'PUT', url, type: 'image/jpeg' }, body: bodyOf(workload).file });

/** Uses a connection and closes it. */
async function connected<T>(url: string, use: (connection: Connection) => Promise<T>): Promise<T> {
  const connection = openConnection(url);
  try {
    return await use(connection);
  } finally {
    connection.close();
  }
}

async function run({
  workload,
  takes,
  url,
  ms,
  atLeast,
}: Extract<ClientQuestion, { do: 'run' }>): Promise<ClientRun> {
  const message = (takes === 'file' ? fileTo : formTo)(url, workload);
  const latenciesMs: number[] = [];
  const begun: number[] = [];
  const start = now();
  const sendInTurn = async ({ send }: Connection): Promise<void> => {
    while (begun.length < atLeast || now() - start < ms) {
      const at = now();
      begun.push(at);
      await send(message, workload.line);
      latenciesMs.push(now() - at);
    }
  };
  // New connections for each run: the server may have closed those that were idle while others had their turn.
  await Promise.all(Array.from({ length: workload.atOnce }, () => connected(url, sendInTurn)));
  return { requests: begun.length, wallMs: now() - start, latenciesMs, begun };
}

function wait({
  workload,
  url,
  bytesPerSecond,
  requests,
}: Extract<ClientQuestion, { do: 'wait' }>): Promise<ClientWaits> {
  const message = formTo(url, workload);
  return connected(url, async ({ send, answeredAt }) => {
    const waits: number[] = [];
    while (waits.length < requests) {
      let lastByteAt = Number.NaN;
      const onLast = (): void => {
        lastByteAt = now();
      };
      await send(arriving(message, bytesPerSecond, onLast));
      waits.push(answeredAt() - lastByteAt);
    }
    return waits;
  });
}

async function timeOf(work: () => Promise<unknown>): Promise<number> {
  const start = now();
  await work();
  return now() - start;
}

async function legs({ workload, sink }: Extract<ClientQuestion, { do: 'legs' }>): Promise<number[]> {
  const form = formTo(`${sink}/leg`, workload);
  const create: Message = {
    ...{ method: 'POST', url: `${sink}/api/v1/images/standard_upload` },
    ...{ type: 'application/json', body: Buffer.from('{"file_name":"a.jpg"}') },
  };
  return connected(sink, async ({ send }) => [
    await timeOf(() => send(form, workload.line)),
    await timeOf(async () => {
      const { upload_url: url } = JSON.parse(await send(toBytes(create))) as { upload_url: string };
      await send(toBytes({ method: 'PUT', url, type: 'image/jpeg', body: bodyOf(workload).file }));
    }),
  ]);
}

answerQuestions<ClientQuestion>({
  expected: ({ workload }): Expected => {
    const { bytes, sha256, file, fileSha256 } = bodyOf(workload);
    return { formBytes: bytes.length, fileBytes: file.length, formSha256: sha256, fileSha256 };
  },
  run,
  wait,
  hold: async ({ workload, url, count }) => {
    const message = formTo(url, workload);
    held = await hold(url, message.subarray(0, message.length >> 1), count);
  },
  release: () => {
    held?.release();
    held = undefined;
  },
  legs,
});
