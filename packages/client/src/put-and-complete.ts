import { post, read, type Shipment, send } from './exchange.ts';
import type { UploadDirectOptions } from './options.ts';
import { aborted, notReady, problem, UploadError, unreadable } from './upload-error.ts';

/** What the server says to do with a file. */
export interface Upload {
  readonly uploadUrl: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly ticket: string;
  readonly expiresAt: string;
}

/** One file of a direct upload. */
interface Job extends Upload {
  readonly url: string;
  readonly file: File;
  readonly bytes: Shipment;
  readonly options: UploadDirectOptions;
  readonly signal: AbortSignal | undefined;
  /** When its ticket expires, by `performance.now()`. */
  readonly deadline: number;
}

/** What a completion says of a file. */
interface Outcome {
  readonly image?: unknown;
  readonly pending?: boolean;
  /** Of an image that is pending. */
  readonly status?: 'PENDING' | 'PROCESSING';
  readonly retryAfter?: number;
  readonly error?: UploadError;
}

/** Sends the bytes, and asks until the server has judged them. @throws UploadError `ABORTED`; any other is an outcome */
export async function putAndComplete(job: Job): Promise<Outcome> {
  let outcome: Outcome | undefined;
  try {
    outcome = await retry(job, () => put(job));
    job.bytes.tell('processing', job.file.size);
    // The server says when to ask again, and a PUT that we may ask at once.
    for (; outcome.pending; outcome = await complete(job))
      await pause(outcome.retryAfter ?? 0, job, notReady());
    return outcome;
  } catch (error) {
    if (!(error instanceof UploadError) || job.signal?.aborted) throw error;
    // The bytes are not there, and nobody sends them any more.
    if (!outcome) cancel(job.url, [job.ticket], job.options);
    return { error };
  }
}

/** Resolves when the bytes are there: pending, or with what has become of them if the response was lost. */
async function put(job: Job): Promise<Outcome> {
  const { file, bytes, uploadUrl } = job;
  try {
    // A slice has no type, so that no header is sent but those of the job.
    const response = await send('PUT', uploadUrl, file.slice(), bytes, job);
    if (!response.ok) await read(response);
    return { pending: true };
  } catch (error) {
    const isLost = error instanceof UploadError && error.code === 'NETWORK' && bytes.phase === 'processing';
    const outcome = isLost ? await complete(job) : undefined;
    // PENDING: the service does not have them.
    if (!outcome || outcome.status === 'PENDING') throw error;
    return outcome;
  }
}

function complete(job: Job): Promise<Outcome> {
  return retry(job, async () => {
    const response = await post(job.url, { completed: [job.ticket] }, job.options);
    const outcome = (await read<{ results?: Outcome[] } | undefined>(response))?.results?.[0];
    if (outcome?.error) throw problem(outcome.error, outcome.error.status);
    if (!(outcome?.image || outcome?.pending)) throw unreadable(response.status);
    return outcome;
  });
}

/** Has the records deleted that have no bytes yet. */
export function cancel(url: string, tickets: Iterable<string>, options: UploadDirectOptions): void {
  const cancelled = [...tickets];
  if (cancelled.length > 0) post(url, { cancelled }, options).catch(() => undefined);
}

/** Tries again after a pause what may go well the next time. */
async function retry<T>(job: Job, work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof UploadError) || attempt >= (job.options.attempts ?? 3)) throw error;
      const { code, status, retryAfter } = error;
      if (code !== 'NETWORK' && status !== 408 && status !== 429 && status < 500) throw error;
      // At random, so that those who failed together do not come back together.
      await pause(retryAfter ?? 2 ** attempt * (0.25 + Math.random() / 4), job, error);
    }
  }
}

/** @throws `late`, at once, if the ticket expires before the end of the pause */
async function pause(seconds: number, { deadline, signal }: Job, late: UploadError): Promise<void> {
  if (performance.now() + seconds * 1000 > deadline) throw late;
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  if (signal?.aborted) throw aborted();
}
