import { connect } from 'node:net';
import { BOUNDARY } from '../support/client.ts';

const disposition = (rest: string): string => `Content-Disposition: form-data; ${rest}\r\n`;

/** A form whose first part has headers that a delimiter cuts off: the parser goes on with them behind it. */
const openHeaders = (first: string, second: string, png: Buffer): Buffer =>
  Buffer.concat([
    Buffer.from(`--${BOUNDARY}\r\n${first}\r\n--${BOUNDARY}\r\n\r\n${second}\r\n`),
    png,
    Buffer.from(`\r\n--${BOUNDARY}--\r\n`),
  ]);
const FILE = disposition('name="a"; filename="a.png"');
const NAMELESS = `${disposition('name="a"; filename=""')}Content-Type: application/octet-stream\r\n`;
const TEXT = disposition('name="a"');
/** Forms around an image, by what a cut-off header hides from the parser. */
export const cutHeaders = (png: Buffer) => ({
  'a file behind a file': openHeaders(FILE, disposition('name="b"; filename="b.png"'), png),
  'a file behind one without a name': openHeaders(NAMELESS, disposition('name="b"; filename="b.png"'), png),
  'a file without a name behind a file': openHeaders(FILE, NAMELESS, png),
  'a file behind a text': openHeaders(TEXT, disposition('name="b"; filename="b.png"'), png),
  'a text behind a file': openHeaders(FILE, TEXT, png),
});

/** Posts a body in two writes, each in a turn of its own, and answers what comes back. */
export async function postInTwo(url: string, body: Buffer, cut: number): Promise<string> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1').setNoDelay(true);
  const answer = new Promise<string>((resolve) => {
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
    });
    socket.on('error', () => undefined).once('close', () => resolve(text));
  });
  socket.write(
    `POST /any HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: ${body.length}\r\n` +
      `Content-Type: multipart/form-data; boundary=${BOUNDARY}\r\n\r\n`,
  );
  socket.write(body.subarray(0, cut));
  await new Promise((resolve) => setImmediate(resolve));
  socket.write(body.subarray(cut));
  return answer;
}
