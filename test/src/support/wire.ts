import { connect, type Socket } from 'node:net';

/** The client side of one connection. */
export interface Exchange {
  /** Written one after another, without waiting for a response. */
  readonly bytes: readonly (string | Uint8Array)[];
  /**
   * What the client does once everything is written: wait until the server closes, wait for a complete refusal, half-close,
   * or destroy the socket. @default 'wait'
   */
  readonly after?: 'wait' | 'refusal' | 'end' | 'destroy';
}

/** Sends bytes over a separate connection, and returns everything received until it is closed. */
export function exchange(url: string, { bytes, after = 'wait' }: Exchange): Promise<string> {
  const socket: Socket = connect(Number(new URL(url).port), '127.0.0.1');
  return new Promise((resolve) => {
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      // The end of problem details.
      if (after === 'refusal' && text.endsWith('}')) socket.destroy();
    });
    // A reset also closes it; what was received before is kept.
    socket.on('error', () => undefined).once('close', () => resolve(text));
    socket.write(Buffer.concat(bytes.map((each) => Buffer.from(each as Uint8Array))), () => {
      if (after === 'end') socket.end();
      if (after === 'destroy') socket.destroy();
    });
  });
}

/** The statuses of the responses in the received text, in order. */
export const statuses = (text: string): number[] =>
  [...text.matchAll(/HTTP\/1\.1 (\d+) /g)].map(([, status]) => Number(status));
