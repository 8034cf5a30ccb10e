import { createHash, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Line, paceOf } from './pacing.ts';
import { answerQuestions, now } from './worker.ts';

/** How the sink is to behave from now on; its counts begin anew. */
export interface SinkRules {
  readonly line?: Line | undefined;
  /** Where files are to be PUT, if the object storage has an origin of its own. */
  readonly storageUrl?: string | undefined;
  /** Idle connections are closed after this, milliseconds; 0: never. @default 0 */
  readonly keepAliveMs?: number | undefined;
  /** Wait before a PUT is answered, milliseconds. */
  readonly putLatencyMs?: number | undefined;
  /** Whether the bytes are hashed. */
  readonly verify?: boolean;
}

/** What arrived since the last reset. */
export interface SinkTotals {
  readonly puts: number;
  readonly bytes: number;
  /** SHA-256 of each PUT, where asked for. */
  readonly digests: readonly string[];
  /** When the first byte of each PUT came, in order; see `now()`. */
  readonly firstBytes: readonly number[];
}

export type SinkQuestion = { do: 'url' } | ({ do: 'reset' } & SinkRules) | { do: 'totals' };

let rules: SinkRules = {};
let totals = { puts: 0, bytes: 0, digests: [] as string[], firstBytes: [] as number[] };
let url = '';

/** A record with the 22 fields of the service; made once, since only its id differs. */
const record = (id: string): string =>
  `{"id":"${id}","environment_id":"42320c9e-b537-4398-8e43-776b422f93ec","upload_token_id":null,` +
  `"original_filename":"a.jpg","hash_sha256":null,"status":"PENDING","cdn_url":"${url}/${id}",` +
  '"mime_type":"image/jpeg","can_upload":true,"is_directly_deliverable":true,"extension":"jpg","width":0,' +
  '"height":0,"size_bytes":0,"custom_metadata":{},"exif_data":{},"created_at":"2026-01-01T00:00:00.000Z",' +
  '"updated_at":"2026-01-01T00:00:00.000Z","deleted_at":null,"processed_metadata_at":null,' +
  '"idempotency_key":null,"purpose":null}';

/** Takes what is left of a body at the pace of the line. */
function swallow(req: IncomingMessage, onChunk: (chunk: Buffer) => void, line?: Line): Promise<void> {
  const pace = line && paceOf(line.bytesPerSecond);
  return new Promise((resolve, reject) => {
    req.on('data', (chunk: Buffer) => {
      onChunk(chunk);
      const waitMs = pace?.(chunk.length) ?? 0;
      if (waitMs === 0) return;
      req.pause();
      setTimeout(() => req.resume(), waitMs);
    });
    req.once('end', resolve).once('error', reject);
  });
}

async function create(req: IncomingMessage, res: ServerResponse): Promise<void> {
  await swallow(req, () => undefined);
  if (rules.line) await sleep(rules.line.latencyMs);
  const id = randomUUID();
  const body = `{"image":${record(id)},"upload_url":"${rules.storageUrl ?? url}/uploads/${id}?signature=0"}`;
  res.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
  res.end(body);
}

async function put(req: IncomingMessage, res: ServerResponse): Promise<void> {
  const { line, putLatencyMs = line?.latencyMs ?? 0, verify } = rules;
  const hash = verify ? createHash('sha256') : undefined;
  let size = 0;
  const take = (chunk: Buffer): void => {
    if (size === 0) totals.firstBytes.push(now());
    size += chunk.length;
    hash?.update(chunk);
  };
  await swallow(req, take, line);
  totals.puts += 1;
  totals.bytes += size;
  if (hash) totals.digests.push(hash.digest('hex'));
  if (putLatencyMs > 0) await sleep(putLatencyMs);
  const whole = size === Number(req.headers['content-length']);
  res.writeHead(whole ? 200 : 411, { 'content-length': 0 }).end();
}

/** The client's leg on its own: a server that does nothing with what it gets. */
async function leg(req: IncomingMessage, res: ServerResponse): Promise<void> {
  await swallow(req, () => undefined);
  res.writeHead(200, { 'content-length': 0 }).end();
}

const handlers: Readonly<Record<string, typeof put>> = { POST: create, PUT: put };
const server = createServer({ keepAliveTimeout: 0 }, (req, res) => {
  const handle = req.url === '/leg' ? leg : handlers[req.method ?? ''];
  if (handle) handle(req, res).catch(() => res.destroy());
  else res.writeHead(404).end();
});
server.listen(0, '127.0.0.1', () => {
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  answerQuestions<SinkQuestion>({
    url: () => url,
    reset: ({ do: _, ...next }) => {
      rules = next;
      server.keepAliveTimeout = next.keepAliveMs ?? 0;
      totals = { puts: 0, bytes: 0, digests: [], firstBytes: [] };
    },
    totals: () => totals,
  });
});
