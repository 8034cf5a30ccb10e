import { deflateSync, crc32 as zlibCrc32 } from 'node:zlib';

/** What the service said to one call. */
export interface Said {
  readonly status: number;
  readonly headers: Headers;
  /** The parsed JSON, or else the text. */
  readonly body: unknown;
}

/** A record that was created, and where to PUT its bytes. */
export interface ProbedRecord {
  readonly id: string;
  readonly uploadUrl: string;
  /** All of the record. */
  readonly image: Readonly<Record<string, unknown>>;
}

/** Why something was not asked. */
export class NotAsked extends Error {}

/** The id of no image. */
export const NOBODY = '00000000-0000-4000-8000-000000000000';
/** Most records that a probe makes. */
const MOST_RECORDS = 30;
/** How long a call may take, in milliseconds. */
const CALL_TIMEOUT_MS = 20_000;

/**
 * What a probe asks the service with: plain HTTP, since it wants what the service says, and not what our own client makes of it. It
 * remembers each record, and deletes it at the end.
 */
export class ProbedService {
  readonly #baseUrl: string;
  readonly #apiKey: string;
  /** The records that are still there. */
  readonly #left = new Set<string>();
  /** Those of them that more than one question looks at. */
  readonly #shared = new Set<string>();
  #made = 0;
  #isStopped: boolean = false;
  #pending: Promise<ProbedRecord> | undefined;
  #ready: Promise<ProbedRecord['image']> | undefined;

  constructor(baseUrl: string, apiKey: string) {
    this.#baseUrl = baseUrl.replace(/\/$/, '');
    this.#apiKey = apiKey;
  }

  /** How many records it has made. */
  get made(): number {
    return this.#made;
  }

  /** From now on it asks nothing, and only deletes. A call in flight ends first: it may make a record, whose id is in its response. */
  stop(): void {
    this.#isStopped = true;
  }

  /** Makes one call of the API. @param as the key to send; null sends none @throws NotAsked once it is stopped */
  async call(
    method: string,
    path: string,
    json?: object,
    as: string | null = this.#apiKey,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Said> {
    if (method !== 'DELETE') this.#assertGoing();
    const response = await fetch(`${this.#baseUrl}/api/v1${path}`, {
      method,
      headers: {
        ...headers,
        ...(as !== null && { authorization: `Bearer ${as}` }),
        ...(json && { 'content-type': 'application/json' }),
      },
      ...(json && { body: JSON.stringify(json) }),
      signal: AbortSignal.timeout(CALL_TIMEOUT_MS),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: parsed(text) };
  }

  /** Asks for a record, whatever the service says to it. @param query such as an upload token */
  async tryCreate(fields: object, query = '', as?: string | null): Promise<Said> {
    if (this.#made >= MOST_RECORDS) throw new NotAsked(`A probe makes at most ${MOST_RECORDS} records.`);
    const said = await this.call('POST', `/images/standard_upload${query}`, fields, as);
    const { image } = Object(said.body) as { readonly image?: { readonly id?: unknown } };
    this.note(image?.id);
    return said;
  }

  /** Creates a record. @throws Error with what the service said, if it made none */
  async create(fields: object = describe(PNG)): Promise<ProbedRecord> {
    const { status, body } = await this.tryCreate(fields);
    const { image, upload_url: uploadUrl } = Object(body) as {
      readonly image?: Readonly<Record<string, unknown>>;
      readonly upload_url?: string;
    };
    if (!image || uploadUrl === undefined) throw new Error(`The service made no record: ${status}`);
    return { id: String(image['id']), uploadUrl, image };
  }

  /** A record that gets no bytes, for all that only look at one. */
  pending(): Promise<ProbedRecord> {
    this.#pending ??= this.#share();
    return this.#pending;
  }

  /** An image that is READY, for all that only look at one. @throws NotAsked if it takes longer than that */
  ready(timeoutMs: number): Promise<ProbedRecord['image']> {
    this.#ready ??= this.#share().then(async (record) => {
      await this.put(record, PNG);
      const judged = await this.judged(record.id, timeoutMs);
      if (judged?.['status'] !== 'READY') throw new NotAsked('No image became READY.');
      return judged;
    });
    return this.#ready;
  }

  #assertGoing(): void {
    if (this.#isStopped) throw new NotAsked('The probe was stopped.');
  }

  async #share(): Promise<ProbedRecord> {
    const record = await this.create();
    this.#shared.add(record.id);
    return record;
  }

  /** PUTs bytes to a presigned URL. @returns the status */
  async put(
    { uploadUrl }: ProbedRecord,
    bytes: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> = PNG,
    type: string = 'image/png',
  ): Promise<number> {
    this.#assertGoing();
    const init = { method: 'PUT', headers: { 'content-type': type }, body: bytes, duplex: 'half' } as const;
    const response = await fetch(uploadUrl, { ...init, signal: AbortSignal.timeout(CALL_TIMEOUT_MS) });
    await response.arrayBuffer();
    return response.status;
  }

  /** Waits until the service has judged an image. @returns its record; undefined if it takes longer than that */
  async judged(id: string, timeoutMs: number): Promise<Readonly<Record<string, unknown>> | undefined> {
    const end = performance.now() + timeoutMs;
    for (let waitMs = 50; ; waitMs = Math.min(2 * waitMs, 2000)) {
      const { body } = await this.call('GET', `/images/${id}`);
      const record = Object(body) as Readonly<Record<string, unknown>>;
      if (['READY', 'QUARANTINE'].includes(String(record['status']))) return record;
      if (performance.now() + waitMs > end) return undefined;
      await new Promise((resolve) => void setTimeout(resolve, waitMs));
    }
  }

  /** Remembers a record. */
  note(id: unknown): void {
    if (typeof id !== 'string' || this.#left.has(id)) return;
    this.#left.add(id);
    this.#made += 1;
  }

  /**
   * Deletes what it has made: a key may have five records PENDING at once, and no more.
   *
   * @param keepsShared whether to keep what other questions look at
   * @returns the ids that could not be deleted
   */
  async cleanUp(keepsShared: boolean): Promise<string[]> {
    for (const id of this.#left) {
      if (keepsShared && this.#shared.has(id)) continue;
      const { status } = await this.call('DELETE', `/images/${encodeURIComponent(id)}`).catch(() => ({
        status: 0,
      }));
      if ((status >= 200 && status < 300) || status === 404) this.#left.delete(id);
    }
    return [...this.#left];
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

const crc32 = zlibCrc32 as (data: Uint8Array) => number;

function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const ends = Buffer.alloc(8);
  ends.writeUInt32BE(data.length, 0);
  ends.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([ends.subarray(0, 4), body, ends.subarray(4)]);
}

/** A square PNG of one grey. */
function greyPng(side: number, grey: number): Uint8Array<ArrayBuffer> {
  const header = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0]);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  // Each row begins with its filter, which is none.
  const row = Buffer.concat([Buffer.of(0), Buffer.alloc(side, grey)]);
  const parts = [
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.concat(Array.from({ length: side }, () => row)))),
    chunk('IEND', Buffer.alloc(0)),
  ];
  return new Uint8Array(Buffer.concat(parts));
}

/** The image that is uploaded where nothing else is said. */
export const PNG: Uint8Array<ArrayBuffer> = greyPng(1, 0);
/** Another one of the same length. */
export const OTHER_PNG: Uint8Array<ArrayBuffer> = greyPng(1, 1);

/** An image that is larger than every preset, and of a few kilobytes. */
export const largePng = (): Uint8Array<ArrayBuffer> => greyPng(4000, 0);

/** The facts of an image for its create call. */
export const describe = (
  bytes: Uint8Array,
  type: string = 'image/png',
): Readonly<Record<string, unknown>> => ({
  file_name: 'imgwire-probe.png',
  mime_type: type,
  content_length: bytes.length,
  idempotency_key: crypto.randomUUID(),
  purpose: 'imgwire-probe',
});
