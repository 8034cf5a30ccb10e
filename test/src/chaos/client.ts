import type { Socket } from 'node:net';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { makeBody, type PlannedBody } from './body.ts';
import { type ClientConnection, type Outcome, openConnection } from './connection.ts';
import type { ClientPlan, RequestPlan } from './plan.ts';
import { ID_HEADER } from './servers.ts';

/** What became of a request. */
export interface Result extends Pick<PlannedBody, 'digests' | 'fields'> {
  readonly id: string;
  readonly variant: number;
  readonly plan: RequestPlan;
  readonly outcome: Outcome;
  /** Bytes of the request. */
  readonly bytes: number;
  /** Whether the connection had carried another request before. */
  readonly reused: boolean;
  /** Whether it was sent without waiting for the answer before. */
  readonly pipelined: boolean;
}

/** Performs a plan: opens connections, sends, stalls, leaves, and says what came back. */
export async function performClient(url: string, plan: ClientPlan, name: string): Promise<Result[]> {
  const results: Promise<Result>[] = [];
  const connections: ClientConnection[] = [];
  let pipelined = false;
  for (const [index, request] of plan.requests.entries()) {
    const current = connections.at(-1);
    const reused = current?.usable === true;
    const connection = reused ? current : await openConnection(url);
    if (!reused) connections.push(connection);
    const id = `${name}.${index}`;
    const { contentType, bytes, digests, fields } = await makeBody(request);
    const known = { id, variant: plan.variant, plan: request, digests, fields, bytes: bytes.length };
    const marks = { reused, pipelined: reused && pipelined };
    const answered = connection.next();
    await send(connection, request, headOf(request, id, contentType, bytes), bytes);
    results.push(answered.then((outcome) => ({ ...known, ...marks, outcome })));
    // Another request follows at once only where both are sent whole.
    pipelined = plan.pipelined && isWhole(request) && isWhole(plan.requests[index + 1]);
    if (pipelined) continue;
    await answered;
    if (!isWhole(request)) connection.socket.destroy();
  }
  const all = await Promise.all(results);
  for (const { socket } of connections) socket.destroy();
  return all;
}

const isWhole = (plan: RequestPlan | undefined): boolean =>
  plan !== undefined && (plan.trouble.kind === 'none' || plan.trouble.kind === 'shape');

function headOf({ path, chunked, trouble }: RequestPlan, id: string, type: string, body: Buffer): Buffer {
  const by = trouble.kind === 'false-length' ? trouble.by : 0;
  const length = Math.max(0, body.length + by);
  const framing = chunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${length}`;
  const lines = [`POST ${path} HTTP/1.1`, 'Host: 127.0.0.1', `${ID_HEADER}: ${id}`, `Content-Type: ${type}`];
  return Buffer.from([...lines, framing, '', ''].join('\r\n'));
}

async function send(
  connection: ClientConnection,
  plan: RequestPlan,
  head: Buffer,
  body: Buffer,
): Promise<void> {
  const { trouble, pauses, pauseMs } = plan;
  const total = head.length + body.length;
  let left = reachOf(plan, head.length, total);
  const pauseEach = Math.ceil(total / (pauses + 1));
  let untilPause = pauseEach;
  for (const piece of piecesOf(plan, head, body)) {
    // Behind half a chunk nothing would be a chunk size.
    const bytes = trouble.kind === 'bad-chunk' ? piece : piece.subarray(0, left);
    await connection.write(bytes);
    left -= bytes.length;
    untilPause -= bytes.length;
    if (left <= 0 || connection.socket.destroyed) break;
    if (pauses > 0 && untilPause <= 0) {
      untilPause += pauseEach;
      await sleep(pauseMs);
    } else if (body.length < SMALL) await nextTurn();
  }
  if (trouble.kind === 'bad-chunk') await connection.write(Buffer.from('no size\r\n'));
  if (trouble.kind === 'leave-waiting') await sleep(trouble.ms);
  if (trouble.kind === 'leave' || trouble.kind === 'leave-waiting') LEAVE[trouble.how](connection.socket);
}

/** How many bytes of the request the client sends. */
function reachOf({ trouble }: RequestPlan, head: number, total: number): number {
  if (trouble.kind === 'leave') return Math.floor((total * trouble.at) / 1000);
  // The wait for headers is Node's, and its own deadline.
  if (trouble.kind === 'stall' || trouble.kind === 'bad-chunk')
    return Math.max(head, Math.floor((total * trouble.at) / 1000));
  return Number.POSITIVE_INFINITY;
}

/** Bodies up to this many bytes go out in writes that are told apart by the server. */
const SMALL = 4096;

/** The writes of a request. One byte each is for small ones only. */
function* piecesOf({ pieceBytes, chunked }: RequestPlan, head: Buffer, body: Buffer): Generator<Buffer> {
  const size = body.length > SMALL ? Math.max(pieceBytes, 1_000) : pieceBytes;
  for (let at = 0; at < head.length; at += size) yield head.subarray(at, at + size);
  for (let at = 0; at < body.length; at += size) {
    const piece = body.subarray(at, at + size);
    yield chunked
      ? Buffer.concat([Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n')])
      : piece;
  }
  if (chunked) yield Buffer.from('0\r\n\r\n');
}

const LEAVE = {
  destroy: (socket: Socket) => socket.destroy(),
  reset: (socket: Socket) => socket.resetAndDestroy(),
  'half-close': (socket: Socket) => socket.end(),
};
