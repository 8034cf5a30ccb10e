// Many clients in a process of their own, some slow, some fast. What to send is passed as JSON; prints one line when it is done.
import './end-with-parent.ts';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { BOUNDARY, encodeForm, postBody } from '../client.ts';
import type { CrowdReport, CrowdTask, Fared, FastClients, SlowClients } from '../crowd.ts';
import { imageOfSize } from '../images.ts';

const TICK_MS = 250;

const task = JSON.parse(process.argv[2] ?? '') as CrowdTask;
const { url, path = '/single', field = 'avatar' } = task;
const { slow, fast, fastAfterMs } = task.crowd;
const { port } = new URL(url);

/** A form whose last part is a JPEG of that size. */
const formOf = async (bytes: number): Promise<Buffer> =>
  encodeForm([{ name: field, fileName: 'a.jpg', bytes: await imageOfSize('image/jpeg', bytes) }]);

interface Outcome {
  /** Of the response, or the code of the error that broke the connection. */
  readonly status: number | string;
  readonly ms: number;
}

/** One that sends slowly: what it sends is decided by {@link SlowClient.tick}. */
class SlowClient {
  readonly done: Promise<Outcome>;
  isDone: boolean = false;
  readonly #socket: Socket;
  readonly #body: Buffer;
  readonly #last: number;
  #sent = 0;

  constructor(body: Buffer, atOnce: number) {
    this.#body = body;
    // The delimiter and a little more: the file does not end before.
    this.#last = slow.end === 'in time' ? body.length : body.length - 500;
    const start = performance.now();
    const socket = connect(Number(port), '127.0.0.1');
    this.#socket = socket;
    socket.write(
      `POST ${path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-type: multipart/form-data; boundary=${BOUNDARY}\r\ncontent-length: ${body.length}\r\n\r\n`,
    );
    this.#sendUpTo(Math.min(this.#last, atOnce + 200));
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1');
    });
    this.done = new Promise((resolve) => {
      let broken = 'closed';
      const end = (): void => {
        this.isDone = true;
        const status = answer === '' ? broken : Number(answer.slice(9, 12));
        resolve({ status, ms: performance.now() - start });
      };
      socket.once('close', end).once('error', (error: NodeJS.ErrnoException) => {
        broken = error.code ?? error.message;
      });
    });
  }

  /** Sends what is due. @param share of the time that has passed */
  tick(share: number, atOnce: number): void {
    this.#sendUpTo(Math.min(this.#last, atOnce + Math.ceil((this.#last - atOnce) * share)));
  }

  finish(): void {
    this.#sendUpTo(this.#body.length);
  }

  leave(): void {
    this.#socket.destroy();
  }

  #sendUpTo(end: number): void {
    if (end > this.#sent && !this.isDone) this.#socket.write(this.#body.subarray(this.#sent, end));
    this.#sent = Math.max(this.#sent, end);
  }
}

async function openSlow({ count, least, most, atOnce }: SlowClients): Promise<SlowClient[]> {
  // Bodies are shared: the crowd is about sockets.
  const sizes = Array.from({ length: Math.min(count, 8) }, (_, i) => least + ((most - least) * i) / 7);
  const bodies = await Promise.all(sizes.map((size) => formOf(Math.round(size))));
  const clients: SlowClient[] = [];
  for (let i = 0; i < count; i++) {
    clients.push(new SlowClient(bodies[i % bodies.length] ?? Buffer.alloc(0), atOnce));
    if (i % 50 === 49) await sleep(5);
  }
  return clients;
}

/** Sends evenly, until all time has passed or `stop` is true. */
async function send(
  clients: readonly SlowClient[],
  { ms, atOnce }: SlowClients,
  stop: () => boolean,
): Promise<void> {
  const start = performance.now();
  for (let share = 0; share < 1 && !stop(); ) {
    await sleep(TICK_MS);
    share = Math.min(1, (performance.now() - start) / ms);
    // They do not end all at once.
    for (const [i, client] of clients.entries())
      client.tick(Math.min(1, share * (1 + (i % 100) / 400)), atOnce);
  }
}

async function runFast({ count, bytes, ms }: FastClients): Promise<Outcome[]> {
  const body = await formOf(bytes);
  const post = async (at: number): Promise<Outcome> => {
    await sleep(at);
    const start = performance.now();
    const status = await postBody(url + path, body).then(
      (answer) => answer.status,
      (error: NodeJS.ErrnoException) => error.code ?? error.message,
    );
    return { status, ms: performance.now() - start };
  };
  return Promise.all(Array.from({ length: count }, (_, i) => post((ms * i) / count)));
}

function faredOf(outcomes: readonly Outcome[]): Fared {
  const times = outcomes.flatMap(({ status, ms }) => (status === 200 ? [ms] : [])).sort((a, b) => a - b);
  const at = (share: number): number => Math.round(times[Math.ceil(times.length * share) - 1] ?? 0);
  const refused: Record<string, number> = {};
  for (const { status } of outcomes) if (status !== 200) refused[status] = (refused[status] ?? 0) + 1;
  return { stored: times.length, refused, p50: at(0.5), p99: at(0.99) };
}

const clients = await openSlow(slow);
let areFastDone: boolean = false;
const sending = send(clients, slow, () => areFastDone && slow.end === 'never');
await sleep(fastAfterMs);
const fastOutcomes = await Promise.all(fast.map(runFast));
areFastDone = true;
const stillSending = clients.filter(({ isDone }) => !isDone).length;
await sending;
for (const client of clients) {
  if (slow.end === 'last') client.finish();
  if (slow.end === 'never') client.leave();
}
const slowOutcomes = await Promise.all(clients.map(({ done }) => done));
const report: CrowdReport = {
  slow: faredOf(
    slow.end === 'never' ? slowOutcomes.filter(({ status }) => typeof status === 'number') : slowOutcomes,
  ),
  fast: fastOutcomes.map(faredOf),
  sending: stillSending,
};
process.stdout.write(`${JSON.stringify(report)}\n`, () => process.exit(0));
