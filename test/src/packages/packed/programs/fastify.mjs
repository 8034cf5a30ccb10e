import { startEmulator } from '@imgwire/emulator';
import imgwire, { imgwire as named } from '@imgwire/fastify';
import fastify from 'fastify';

const emulator = await startEmulator();
/** @type {import('@imgwire/fastify').FormSchema<{ title: string }>} */
const schema = {
  '~standard': { version: 1, validate: (fields) => ({ value: { title: Object(fields).title.trim() } }) },
};
const app = fastify();
await app.register(imgwire, { apiKey: emulator.apiKey, baseUrl: emulator.url });
app.post(
  '/avatar',
  { preHandler: app.imgwire.single('avatar', { form: schema }) },
  async ({ image, body }) => ({
    image,
    body,
  }),
);
app.put('/body', { preHandler: app.imgwire.body() }, async ({ image }) => ({ id: image?.id }));
const url = await app.listen({ port: 0, host: '127.0.0.1' });

/** Posts a form with one file.
 * @param {Buffer} bytes */
async function post(bytes) {
  const form = new FormData();
  form.set('title', ' Lake ');
  form.set('avatar', new Blob([new Uint8Array(bytes)], { type: 'image/png' }), 'lake.png');
  const answer = await fetch(`${url}/avatar`, { method: 'POST', body: form });
  return { status: answer.status, type: answer.headers.get('content-type'), body: await answer.json() };
}

const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
const body = await fetch(`${url}/body`, { method: 'PUT', body: new Uint8Array(png) });
const result = {
  body: body.status,
  stored: await post(png),
  refused: await post(Buffer.from('no image')),
  images: emulator.images.list().length,
  sameExport: imgwire === named,
};
await app.close();
await emulator.close();
console.log(JSON.stringify(result));
