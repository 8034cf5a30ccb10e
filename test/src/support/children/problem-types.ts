// Tells what every adapter sends for a failure: the bodies of uploads, of the endpoints and of the edge, as one line of JSON. The
// environment names the address of the pages, or does not; it is read once in a process. Options are passed as JSON.
import './end-with-parent.ts';
import { createImgwire, imgwireUploadToken } from '@imgwire/web/edge';
import { fixture } from '../images.ts';
import { TARGETS } from '../targets.ts';
import { DIRECT_TARGETS, TOKEN_TARGETS } from '../token-targets.ts';
import { throughTransports } from '../transports.ts';

const emulator = JSON.parse(process.argv[2] ?? '{}');
const found: { name: string; type: string | null; body: unknown }[] = [];

async function note(name: string, sent: Response | Promise<Response>): Promise<void> {
  const response = await sent;
  found.push({ name, type: response.headers.get('content-type'), body: await response.json() });
}

const picture = await fixture('image.bmp');
for (const { name, transport, target, connect } of throughTransports(TARGETS)) {
  const { url, close } = await target.start({ ...connect(emulator), accept: ['image/png'] });
  const body = new FormData();
  body.append('avatar', new Blob([picture]), 'cat.bmp');
  await note(`an upload on ${name} over ${transport}`, fetch(`${url}/single`, { method: 'POST', body }));
  await close();
}
for (const { name, transport, target, connect } of throughTransports(TOKEN_TARGETS)) {
  const { url, close } = await target.start(connect(emulator), { authorize: () => false });
  await note(`a token on ${name} over ${transport}`, fetch(`${url}/token`, { method: 'POST' }));
  await close();
}
for (const { name, transport, target, connect } of throughTransports(DIRECT_TARGETS)) {
  const rules = { authorize: () => true, subject: null, ticketSecret: 'x'.repeat(32) };
  const { url, close } = await target.start(connect(emulator), rules);
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ completed: ['forged'] });
  await note(
    `a direct upload on ${name} over ${transport}`,
    fetch(`${url}/photos`, { method: 'POST', headers, body }),
  );
  await close();
}
const imgwire = createImgwire({ apiKey: emulator.apiKey, baseUrl: emulator.url });
const token = imgwireUploadToken({ imgwire, authorize: () => false });
await note('a token at the edge', token(new Request('http://localhost/token', { method: 'POST' })));
process.stdout.write(`${JSON.stringify(found)}\n`);
process.exit();
