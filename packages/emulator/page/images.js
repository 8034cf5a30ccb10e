import { byId, make, place } from './elements.js';
import { showMore } from './show-more.js';
import { showName } from './show-name.js';
import { humanSize } from './units.js';

const list = byId('images');
const cards = new Map();

/** The path of a preview. It is the page's own: the log and the faults of deliveries do not see it. */
export const previewPath = (id, suffix) => `/_emulator/preview/${id}${suffix}`;

/** Returns the function that shows images; `choose` is called with the id of the one that is pressed. */
export function offerImages(choose) {
  let images = [];
  const draw = () =>
    place(
      list,
      cut(images).map((image) => card(image, choose)),
    );
  const cut = showMore(list, byId('more-images'), { wide: 12, small: 6 }, draw);

  return (state) => {
    images = state.images;
    byId('images-count').textContent =
      state.total > images.length ? `${images.length} of ${state.total}` : state.total;
    byId('no-images').hidden = images.length > 0;
    const ids = new Set(images.map(({ id }) => id));
    for (const id of cards.keys()) if (!ids.has(id)) cards.delete(id);
    draw();
  };
}

/** The card of an image, drawn anew only when the image has changed. */
function card(image, choose) {
  const { id, status, original_filename: name } = image;
  const known = cards.get(id) ?? {
    element: make('li'),
    button: make('button', { type: 'button' }),
    drawn: '',
  };
  const text = JSON.stringify(image);
  if (known.drawn === text) return known.element;
  if (!known.drawn) {
    known.button.addEventListener('click', () => choose(id));
    known.element.append(known.button);
  }
  // The parts of a name are one word to whoever hears it.
  Object.assign(known.button, { className: 'image', ariaLabel: `${name}, ${describeImage(image)}` });
  Object.assign(known.button.dataset, { id, status });
  known.button.replaceChildren(
    make('span', { className: 'frame' }, status === 'READY' ? thumbnail(id) : label(status)),
    showName(make('span', { className: 'name' }), name),
    make('span', { className: 'fact', textContent: describeImage(image) }),
  );
  cards.set(id, { ...known, drawn: text });
  return known.element;
}

function thumbnail(id) {
  const picture = make('img', { src: previewPath(id, '@small'), alt: '', loading: 'lazy' });
  // Not every browser shows every type: HEIC and JPEG XL are delivered as they are.
  picture.addEventListener('error', () => picture.replaceWith(label('no preview')));
  return picture;
}

function label(text) {
  return make('span', { textContent: text.toLowerCase() });
}

/** What an image is in a line: its dimensions and size, or why it is not ready. */
export function describeImage({ status, width, height, size_bytes: size, quarantine_reason: reason }) {
  return status === 'READY' ? `${width} × ${height}, ${humanSize(size)}` : (reason ?? 'waits for its bytes');
}
