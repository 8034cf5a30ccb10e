// Clients that send the start of a form at once, and of the rest one byte in each packet, until they are ended. What they do is passed
// as JSON; it prints a line when each has sent a hundred packets.
import './end-with-parent.ts';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { BOUNDARY, encodeForm } from '../client.ts';
import { imageOfSize } from '../images.ts';

interface Task {
  readonly url: string;
  readonly count: number;
  /** What each sends at once, bytes. */
  readonly atOnce: number;
  /** Packets a second, of all together. */
  readonly packets: number;
}

const TICK_MS = 10;
const { url, count, atOnce, packets } = JSON.parse(process.argv[2] ?? '{}') as Task;
const bytes = await imageOfSize('image/jpeg', 2_000_000);
const form = encodeForm([{ name: 'avatar', fileName: 'a.jpg', bytes }]);
const sockets = await Promise.all(
  Array.from({ length: count }, async () => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1').setNoDelay(true);
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    socket.write(
      `POST /single HTTP/1.1\r\nhost: a\r\ncontent-type: multipart/form-data; boundary=${BOUNDARY}\r\ncontent-length: ${form.length}\r\n\r\n`,
    );
    socket.write(form.subarray(0, atOnce));
    return socket;
  }),
);
let sent = 0;
for (let due = 0; ; due += (packets * TICK_MS) / 1000) {
  for (; sent < due; sent += 1) {
    const at = atOnce + Math.floor(sent / count);
    sockets[sent % count]?.write(form.subarray(at, at + 1));
    if (sent === 100 * count) process.stdout.write('sending\n');
  }
  await sleep(TICK_MS);
}
