import { connect } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { type Line, overLine } from './pacing.ts';
import { now } from './worker.ts';

/** A request as it goes over the wire. */
export interface Message {
  readonly method: 'POST' | 'PUT';
  readonly url: string;
  readonly type: string;
  readonly body: Buffer;
}

/** A connection that is kept alive, one request at a time. */
export interface Connection {
  /** Sends a message and answers with the text of its answer. @throws for anything but a 2xx, and for silence */
  send(message: Buffer | AsyncIterable<Uint8Array>, line?: Line): Promise<string>;
  /** When the last answer began; see `now()`. */
  answeredAt(): number;
  close(): void;
}

/** Nothing waits forever: a server that hangs fails the run. */
const SILENCE_MS = 120_000;

/** Made once, and sent many times. */
export function toBytes({ method, url, type, body }: Message): Buffer {
  const { host, pathname, search } = new URL(url);
  const head =
    `${method} ${pathname}${search} HTTP/1.1\r\nHost: ${host}\r\n` +
    `Content-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), body]);
}

/** Where a server listens. */
export const addressOf = (url: string): { host: string; port: number } => {
  const { hostname: host, port } = new URL(url);
  return { host, port: Number(port) };
};

/**
 * Connects. Raw, because the client of `node:http` takes as much CPU as a server, and there may be no more cores than two.
 */
export function openConnection(url: string): Connection {
  const socket = connect({ ...addressOf(url), noDelay: true });
  let answer = '';
  let answeredAt = Number.NaN;
  let settle: ((error: unknown) => void) | undefined;
  const end = (error?: unknown): void => {
    settle?.(error);
    settle = undefined;
  };
  // Lengths are in bytes, and this encoding has one character for each.
  socket.setEncoding('latin1');
  socket.setTimeout(SILENCE_MS, () => socket.destroy(new Error(`silent for ${SILENCE_MS} ms`)));
  socket.on('data', (text: string) => {
    if (answer === '') answeredAt = now();
    answer += text;
    if (isWhole(answer)) end();
  });
  socket.on('error', end);
  socket.on('close', () => end(new Error('the server has closed the connection')));
  return {
    send: (message, line) =>
      new Promise((resolve, reject) => {
        answer = '';
        settle = (error) => {
          if (error !== undefined) reject(error);
          else if (answer[9] === '2') resolve(textOf(answer));
          else reject(new Error(`answered ${answer.slice(9, 12)}: ${textOf(answer).slice(0, 500)}`));
        };
        const pieces = line && Buffer.isBuffer(message) ? overLine(message, line) : message;
        if (Buffer.isBuffer(pieces)) socket.write(pieces);
        else pipeline(pieces, socket, { end: false }).catch(end);
      }),
    answeredAt: () => answeredAt,
    close: () => socket.destroy(),
  };
}

const headLength = (answer: string): number => answer.indexOf('\r\n\r\n') + 4;

/** The body; one in chunks with their sizes. */
const textOf = (answer: string): string => Buffer.from(answer.slice(headLength(answer)), 'latin1').toString();

/** Whether all of an answer is there: as long as it says, or up to the last chunk (RFC 9112, 7.1). */
function isWhole(answer: string): boolean {
  const start = headLength(answer);
  if (start < 4) return false;
  const length = /\r\ncontent-length: *(\d+)/i.exec(answer.slice(0, start))?.[1];
  if (length !== undefined) return answer.length >= start + Number(length);
  return answer.length > start && answer.endsWith('0\r\n\r\n');
}
