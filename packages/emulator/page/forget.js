import { byId } from './elements.js';
import { send } from './send.js';

const dialog = byId('confirm-forget');

/** Asks before everything is forgotten, and says what that is; `read` returns the state. */
export function offerForgetting(read, afterwards) {
  byId('forget').addEventListener('click', () => {
    const { total = 0, total_requests: requests = 0, faults = [], folder } = read();
    const what = `${count(total, 'image')}, ${count(requests, 'request')} and ${count(faults.length, 'fault')}`;
    const where = folder ? ` Images are also deleted from the folder ${folder}.` : '';
    byId('confirm-text').textContent =
      `${what} will be gone, and requests that are under way are cut.${where} The keys stay.`;
    dialog.showModal();
  });
  byId('keep').addEventListener('click', () => dialog.close());
  byId('forget-now').addEventListener('click', () => void forget(afterwards));
}

async function forget(afterwards) {
  dialog.close();
  const response = await send('POST', 'reset');
  if (response?.ok) byId('news').textContent = 'Everything is forgotten.';
  await afterwards();
}

function count(number, noun) {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
