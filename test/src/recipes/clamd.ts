import { createServer, type Server, type Socket } from 'node:net';

/**
 * The protocol of clamd, as far as a scan of a stream needs it (clamd(8), PING and INSTREAM): finds the text `virus`, and hangs
 * up without an answer on the text `crash`.
 */
export function createClamd(): Server {
  return createServer((socket: Socket) => {
    let received = Buffer.alloc(0);
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      if (received.equals(Buffer.from('PING'))) socket.end('PONG\n');
      else if (received.includes('crash')) socket.end();
      else if (received.subarray(-4).equals(END))
        socket.end(received.includes('virus') ? 'stream: Test.Virus FOUND\0' : 'stream: OK\0');
    });
  });
}

/** A chunk of no bytes, which ends the stream. */
const END = Buffer.alloc(4);
