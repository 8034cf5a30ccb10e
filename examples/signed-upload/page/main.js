import { onFile } from '../../shared/choose-files.js';
import { addCard } from './card.js';
import { ImgwireClient } from './imgwire-client.js';
import { inWords } from './in-words.js';
import { getUploadToken } from './token.js';
import { waitUntilReady } from './wait-until-ready.js';

// Files may be picked before the session is known: they wait for it without blocking the page.
const session = fetch('api/session').then((response) => response.json());
const connected = session.then(({ imgwire }) => new ImgwireClient({ ...imgwire, getUploadToken }));

async function upload(file) {
  const card = addCard(file);
  try {
    if (file.size === 0) throw new Error('The file is empty.');
    const client = await connected;
    const { id } = await client.images.upload(file, { onProgress: card.showProgress });
    const image = await waitUntilReady(client, id);
    card.showImage(image.url({ preset: 'medium' }));
  } catch (error) {
    card.showProblem(await inWords(error));
  }
}

onFile((file) => void upload(file));

const { user } = await session;
document.querySelector('#login').hidden = user !== null;
document.querySelector('#logout').hidden = user === null;
document.querySelector('#user').textContent = user;
document.querySelector('#login-problem').hidden = !location.search.includes('login=failed');
