import { Agent, type IncomingMessage, request } from 'node:http';
import { Readable } from 'node:stream';
import { BOUNDARY, type FormBody, formBody } from './form-body.ts';
import { type Line, overLine } from './pacing.ts';
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

export type ClientQuestion =
  | { do: 'expected'; workload: Workload }
  /** Sends until `ms` are over, at least `atLeast` requests. */
  | { do: 'run'; workload: Workload; url: string; ms: number; atLeast: number }
  /** The milliseconds of each leg of a slow line, on its own. */
  | { do: 'legs'; workload: Workload; sink: string };

let agent = new Agent();
const bodies = new Map<string, FormBody>();

function bodyOf(workload: Workload): FormBody {
  const body = bodies.get(workload.name) ?? formBody(workload);
  // One at a time: the large ones would add up.
  bodies.clear();
  bodies.set(workload.name, body);
  return body;
}

interface Message {
  readonly method: 'POST' | 'PUT';
  readonly url: string;
  readonly type: string;
  readonly body: Buffer;
  readonly line?: Line | undefined;
}

/** Sends a request and answers with the text of its answer. @throws for anything but a 2xx */
function send({ method, url, type, body, line }: Message): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': type, 'content-length': body.length };
    const outgoing = request(url, { method, agent, headers }, (incoming) => {
      textOf(incoming).then((text) => {
        const { statusCode = 0 } = incoming;
        if (statusCode >= 200 && statusCode < 300) resolve(text);
        else reject(new Error(`answered ${statusCode}: ${text.slice(0, 500)}`));
      }, reject);
    });
    outgoing.once('error', reject);
    if (line) Readable.from(overLine(body, line)).pipe(outgoing);
    else outgoing.end(body);
  });
}

async function textOf(incoming: IncomingMessage): Promise<string> {
  let text = '';
  incoming.setEncoding('utf8');
  for await (const chunk of incoming) text += chunk;
  return text;
}

const FORM = `multipart/form-data; boundary=${BOUNDARY}`;

async function run({
  workload,
  url,
  ms,
  atLeast,
}: Extract<ClientQuestion, { do: 'run' }>): Promise<ClientRun> {
  // New connections for each run: the server may have closed those that were idle while others had their turn.
  agent.destroy();
  agent = new Agent({ keepAlive: true });
  const { bytes: body } = bodyOf(workload);
  const message: Message = { method: 'POST', url, type: FORM, body, line: workload.line };
  const latenciesMs: number[] = [];
  const begun: number[] = [];
  const start = now();
  const sendInTurn = async (): Promise<void> => {
    while (begun.length < atLeast || now() - start < ms) {
      const at = now();
      begun.push(at);
      await send(message);
      latenciesMs.push(now() - at);
    }
  };
  await Promise.all(Array.from({ length: workload.atOnce }, sendInTurn));
  return { requests: begun.length, wallMs: now() - start, latenciesMs, begun };
}

async function timeOf(work: () => Promise<unknown>): Promise<number> {
  const start = now();
  await work();
  return now() - start;
}

async function legs({ workload, sink }: Extract<ClientQuestion, { do: 'legs' }>): Promise<number[]> {
  const { bytes, file } = bodyOf(workload);
  const form: Message = { method: 'POST', url: `${sink}/leg`, type: FORM, body: bytes, line: workload.line };
  const create: Message = {
    ...{ method: 'POST', url: `${sink}/api/v1/images/standard_upload` },
    ...{ type: 'application/json', body: Buffer.from('{"file_name":"a.jpg"}') },
  };
  return [
    await timeOf(() => send(form)),
    await timeOf(async () => {
      const { upload_url: url } = JSON.parse(await send(create)) as { upload_url: string };
      await send({ method: 'PUT', url, type: 'image/jpeg', body: file });
    }),
  ];
}

answerQuestions<ClientQuestion>({
  expected: ({ workload }): Expected => {
    const { bytes, sha256, file, fileSha256 } = bodyOf(workload);
    return { formBytes: bytes.length, fileBytes: file.length, formSha256: sha256, fileSha256 };
  },
  run,
  legs,
});
