import { byId, say } from './elements.js';
import { send } from './send.js';

const dialog = byId('confirm-forget');

/** Asks before everything is forgotten, and says what that is now; `read` returns the state, `refresh` asks for it again. */
export function offerForgetting(read, refresh) {
  byId('forget').addEventListener('click', () => void ask(read, refresh));
  byId('keep').addEventListener('click', () => dialog.close());
  byId('forget-now').addEventListener('click', () => void forget(refresh));
}

async function ask(read, refresh) {
  describe(read());
  dialog.showModal();
  // What is shown may be a second old.
  await refresh();
  describe(read());
}

function describe({ total = 0, total_requests: requests = 0, faults = [], connection }) {
  const what = `${count(total, 'image')}, ${count(requests, 'request')} and ${count(faults.length, 'fault')}`;
  const { folder } = connection ?? {};
  const where = folder ? ` Images are also deleted from the folder ${folder}.` : '';
  byId('confirm-text').textContent =
    `${what} will be gone, and requests that are under way are cut.${where} The keys stay.`;
}

async function forget(refresh) {
  dialog.close();
  const response = await send('POST', 'reset');
  if (response?.ok) say('Everything is forgotten.');
  await refresh();
}

function count(number, noun) {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
