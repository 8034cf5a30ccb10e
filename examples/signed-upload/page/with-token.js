import { ImgwireClient } from './imgwire-client.js';
import { session } from './session.js';
import { getUploadToken } from './token.js';
import { waitUntilReady } from './wait-until-ready.js';

// Files may be picked before the session is known: they wait for it without blocking the page.
const connected = session.then(({ imgwire }) => new ImgwireClient({ ...imgwire, getUploadToken }));

/** Uploads with a token of this page's own server, as the official browser SDK does. */
export async function uploadWithToken(file, showProgress) {
  if (file.size === 0) throw new Error('The file is empty.');
  const client = await connected;
  const onProgress = ({ loaded, total }) => showProgress({ phase: 'sending', loaded, total });
  const { id } = await client.images.upload(file, { onProgress });
  // The bytes that were sent are not yet an image that can be shown.
  showProgress({ phase: 'processing', loaded: file.size, total: file.size });
  const image = await waitUntilReady(client, id);
  return { id, url: image.url({ preset: 'medium' }) };
}
