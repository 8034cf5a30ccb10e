import { connect, type Socket } from 'node:net';

/** What one connection carries. */
export interface Exchange {
  /** Written one behind the other, without waiting for an answer. */
  readonly bytes: readonly (string | Uint8Array)[];
  /**
   * How the client goes on once all is written: it waits until the server closes, or until it has a refusal in full, says
   * that no more comes, or is gone. @default 'wait'
   */
  readonly after?: 'wait' | 'refusal' | 'end' | 'destroy';
}

/** Sends bytes over a connection of their own, and answers all that comes back until the connection is closed. */
export function exchange(url: string, { bytes, after = 'wait' }: Exchange): Promise<string> {
  const socket: Socket = connect(Number(new URL(url).port), '127.0.0.1');
  return new Promise((resolve) => {
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      // Problem details end so.
      if (after === 'refusal' && text.endsWith('}')) socket.destroy();
    });
    // A reset closes it as well; what came before it counts.
    socket.on('error', () => undefined).once('close', () => resolve(text));
    socket.write(Buffer.concat(bytes.map((each) => Buffer.from(each as Uint8Array))), () => {
      if (after === 'end') socket.end();
      if (after === 'destroy') socket.destroy();
    });
  });
}

/** The statuses of the answers in what came back, in order. */
export const statuses = (text: string): number[] =>
  [...text.matchAll(/HTTP\/1\.1 (\d+) /g)].map(([, status]) => Number(status));
