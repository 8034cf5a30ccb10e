import { copyButton } from './copy.js';
import { byId } from './elements.js';
import { previewPath } from './images.js';
import { humanSize } from './units.js';

const TYPING_MS = 250;
const UNSUPPORTED =
  'The emulator cannot do this with this image, or Imgwire has no transformation of that name.';
const NO_SHARP = 'The package sharp is not installed, so the emulator delivers originals.';

const form = byId('playground');
const picture = byId('result');
let image;
let latest;
let typing;
let whyNot;

/** Offers to transform an image as its delivery would; without sharp nothing is applied. */
export function showDelivery(chosen, hasSharp) {
  whyNot = hasSharp ? UNSUPPORTED : NO_SHARP;
  const isNew = chosen.id !== image?.id || chosen.updated_at !== image?.updated_at;
  image = chosen;
  byId('delivery').hidden = image.status !== 'READY';
  if (isNew && image.status === 'READY') void transform();
}

function readSuffix() {
  const { preset, query } = Object.fromEntries(new FormData(form));
  return (preset && `@${preset}`) + (query && `?${query}`);
}

async function transform() {
  const suffix = readSuffix();
  const url = new URL(image.cdn_url);
  byId('delivery-link').firstElementChild.textContent = `${image.cdn_url}${suffix}`;
  // The public address may not be reachable from here; the path is.
  byId('delivery-link').href = `${url.pathname}${suffix}`;
  latest?.abort();
  latest = new AbortController();
  const { signal } = latest;
  try {
    const headers = { accept: 'image/avif,image/webp,image/*,*/*;q=0.8' };
    const response = await fetch(previewPath(image.id, suffix), { headers, signal });
    const body = await response.blob();
    if (response.ok) await show(response.headers, body);
    else fail(response.status, await body.text());
  } catch (error) {
    if (!signal.aborted) fail(undefined, error.message);
  }
}

async function show(headers, body) {
  byId('delivery-problem').textContent = '';
  warn(headers.get('x-imgwire-not-applied'));
  URL.revokeObjectURL(picture.src);
  picture.src = URL.createObjectURL(body);
  picture.alt = `${image.original_filename}, transformed`;
  const size = await picture.decode().then(
    () => `${picture.naturalWidth} × ${picture.naturalHeight}`,
    () => 'this browser cannot show it',
  );
  byId('facts').textContent = [size, headers.get('content-type'), humanSize(body.size)].join(' · ');
}

function warn(names) {
  const note = byId('not-applied');
  note.hidden = !names;
  note.textContent = names ? `Not applied: ${names}. ${whyNot}` : '';
}

function fail(status, text) {
  warn(undefined);
  picture.removeAttribute('src');
  picture.alt = '';
  byId('facts').textContent = '';
  byId('delivery-problem').textContent = [status, reasonOf(text)].filter(Boolean).join(': ');
}

function reasonOf(text) {
  try {
    return JSON.parse(text).detail ?? text;
  } catch {
    return text;
  }
}

// Half a word is not yet wrong.
form.addEventListener('input', () => {
  clearTimeout(typing);
  typing = setTimeout(() => void transform(), TYPING_MS);
});
form.addEventListener('submit', (event) => event.preventDefault());
byId('delivery-line').append(copyButton('the URL of the delivery', () => `${image.cdn_url}${readSuffix()}`));
