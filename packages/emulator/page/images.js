import { byId, humanSize, make, showList } from './elements.js';

const list = byId('images');

/** The path of a preview. It is the page's own: the log and the faults of deliveries do not see it. */
export const previewPath = (id, suffix) => `/_emulator/preview/${id}${suffix}`;

let drawn = '';

/** Shows the images, of which one may be chosen. */
export function showImages({ images, total }, chosenId, choose) {
  byId('images-count').textContent = total > images.length ? `${images.length} of ${total}` : total;
  // Drawn anew only when they change, so that the focus stays where it is.
  const text = JSON.stringify(images);
  if (text !== drawn) draw(images, choose);
  drawn = text;
  for (const button of list.querySelectorAll('button')) {
    button.setAttribute('aria-pressed', String(button.dataset.id === chosenId));
  }
}

function draw(images, choose) {
  const focused = document.activeElement?.dataset.id;
  showList(
    list,
    byId('no-images'),
    images.map((image) => make('li', {}, card(image, choose))),
  );
  if (focused) list.querySelector(`[data-id="${focused}"]`)?.focus();
}

function card(image, choose) {
  const { id, status, original_filename: name } = image;
  const button = make('button', { type: 'button', className: 'image', dataset: { id, status } });
  button.addEventListener('click', () => choose(image));
  button.append(
    make('span', { className: 'frame' }, status === 'READY' ? thumbnail(id) : label(status)),
    make('span', { className: 'name', textContent: name, title: name }),
    make('span', { className: 'fact', textContent: describe(image) }),
  );
  return button;
}

function thumbnail(id) {
  const picture = make('img', { src: previewPath(id, '@thumbnail'), alt: '', loading: 'lazy' });
  // Not every browser shows every type: HEIC and JPEG XL are delivered as they are.
  picture.addEventListener('error', () => picture.replaceWith(label('no preview')));
  return picture;
}

function label(text) {
  return make('span', { textContent: text.toLowerCase() });
}

function describe({ status, width, height, size_bytes: size, quarantine_reason: reason }) {
  return status === 'READY' ? `${width} × ${height}, ${humanSize(size)}` : (reason ?? 'waits for its bytes');
}
