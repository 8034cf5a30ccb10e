import { copyButton } from './copy.js';
import { byId, make, say } from './elements.js';
import { describeImage } from './images.js';
import { showDelivery } from './playground.js';
import { showRecord } from './record.js';

const sheet = byId('chosen');
let image;

/** Opens and closes the sheet of an image: its delivery and its record. `read` returns the state and the connection. */
export function offerSheet(read, refresh) {
  const draw = () => {
    const { images, connection } = read();
    image = images.find(({ id }) => id === image?.id);
    if (image) show(connection);
    else if (sheet.open) sheet.close();
  };
  byId('close').addEventListener('click', () => sheet.close());
  // The sheet has no gap between its edge and what is in it: who presses the dialog itself presses beside the sheet.
  sheet.addEventListener('click', (event) => {
    if (event.target === sheet) sheet.close();
  });
  byId('chosen-buttons').append(
    copyButton('the URL of the image', () => image.cdn_url, 'Copy URL'),
    copyButton('the id', () => image.id, 'Copy id'),
    deleteButton(read, refresh),
  );
  return {
    draw,
    open(id) {
      image = { id };
      draw();
      if (!image) return;
      sheet.showModal();
      sheet.scrollTop = 0;
    },
  };
}

function show({ has_sharp: hasSharp }) {
  byId('chosen-title').textContent = image.original_filename;
  byId('chosen-facts').textContent = `${image.status.toLowerCase()} · ${describeImage(image)}`;
  byId('open').href = new URL(image.cdn_url).pathname;
  byId('open').hidden = image.status !== 'READY';
  showRecord(image);
  showDelivery(image, hasSharp);
}

/** A deletion is a request like that of an application: it is in the log, and its faults apply. */
function deleteButton(read, refresh) {
  const button = make('button', { type: 'button', className: 'plain small bad', textContent: 'Delete' });
  button.addEventListener('click', async () => {
    const { id, original_filename: name } = image;
    const headers = { authorization: `Bearer ${read().connection.api_key}` };
    button.disabled = true;
    const response = await fetch(`/api/v1/images/${id}`, { method: 'DELETE', headers }).catch(
      () => undefined,
    );
    button.disabled = false;
    const problem = response?.ok ? '' : `It is not deleted: ${response?.status ?? 'no response'}.`;
    byId('delete-problem').textContent = problem;
    if (!problem) sheet.close();
    await refresh();
    if (problem) return button.focus();
    say(`${name} is deleted.`);
    // The card that has opened the sheet is gone.
    (document.querySelector('#images button') ?? byId('forget')).focus();
  });
  sheet.addEventListener('close', () => {
    byId('delete-problem').textContent = '';
  });
  return button;
}
