const { createHash } = require('node:crypto');
const { once } = require('node:events');
const { createImgwire, isImgwireError } = require('@imgwire/core');
const { startEmulator } = require('@imgwire/emulator');
const { imgwireErrorHandler, imgwireUpload } = require('@imgwire/express');
const express = require('express');

async function main() {
  const emulator = await startEmulator();
  const imgwire = createImgwire({ apiKey: emulator.apiKey, baseUrl: emulator.url });
  const upload = imgwireUpload({ imgwire });
  /** @type {import('@imgwire/express').FormSchema<{ title: string }>} */
  const schema = {
    '~standard': { version: 1, validate: (fields) => ({ value: { title: Object(fields).title.trim() } }) },
  };
  const app = express();
  app.post('/avatar', upload.single('avatar', { form: schema }), (req, res) => {
    res.json({ image: req.image, title: req.body.title });
  });
  app.put('/body', upload.body(), (req, res) => void res.json({ id: req.image?.id }));
  app.use(imgwireErrorHandler());
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;

  /** Posts a form with one file.
   * @param {Buffer} bytes */
  const post = async (bytes) => {
    const form = new FormData();
    form.set('title', ' Lake ');
    form.set('avatar', new Blob([bytes], { type: 'image/png' }), 'lake.png');
    const answer = await fetch(`http://127.0.0.1:${port}/avatar`, { method: 'POST', body: form });
    return { status: answer.status, type: answer.headers.get('content-type'), body: await answer.json() };
  };

  const png = Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
    'base64',
  );
  const stored = await post(png);
  // Above the read-ahead: sent on while it arrives, with a copy in a temporary file.
  const large = Buffer.concat([png, Buffer.alloc(4 * 1024 * 1024, 7)]);
  const streamed = await post(large);
  const body = await fetch(`http://127.0.0.1:${port}/body`, { method: 'PUT', body: new Uint8Array(png) });
  const refused = await post(Buffer.from('no image'));
  const sent = [png, large, png].map((bytes) => createHash('sha256').update(bytes).digest('hex'));
  const imported = await import('@imgwire/core');
  const result = {
    stored,
    streamed: streamed.status,
    body: body.status,
    refused,
    sameBytes: emulator.images.list().map(({ id }, index) => emulator.images.sha256(id) === sent[index]),
    // An error of the other copy of the package, as an application that mixes both formats meets it.
    knowsOtherFormat:
      imported.isImgwireError !== isImgwireError && isImgwireError(new imported.ImgwireError('EMPTY_FILE')),
  };
  server.close();
  server.closeAllConnections();
  await imgwire.close();
  await emulator.close();
  console.log(JSON.stringify(result));
}
void main();
