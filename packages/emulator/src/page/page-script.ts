/**
 * The script of the page: polls the state once a second while the page is visible. Text is only ever
 * set as text, since file names are untrusted.
 */
export const PAGE_SCRIPT = `'use strict';
const $ = (id) => document.getElementById(id);
const headers = { 'content-type': 'application/json' };
let chosen;
let shown = '';
let shownImages = '';

const make = (tag, text, properties = {}) =>
  Object.assign(document.createElement(tag), text === undefined ? {} : { textContent: text }, properties);
// The public address may not be reachable from here, the path is.
const local = (url) => new URL(url).pathname;

function showImage(image) {
  const button = make('button', undefined, { title: image.id, onclick: () => choose(image) });
  button.setAttribute('aria-pressed', String(image.id === chosen?.id));
  const isShown = image.status === 'READY';
  button.append(
    isShown ? make('img', undefined, { src: local(image.cdn_url) + '@thumbnail', alt: '', loading: 'lazy' }) : make('div', undefined, { className: 'none' }),
    make('span', image.original_filename),
    make('span', isShown ? image.width + ' × ' + image.height + ', ' + image.size_bytes + ' B' : image.status, { className: image.status === 'QUARANTINE' ? 'bad' : 'quiet' }),
  );
  return button;
}

function choose(image) {
  const isNew = image.id !== chosen?.id || image.status !== chosen?.status;
  chosen = image;
  $('chosen').hidden = false;
  $('record').textContent = JSON.stringify(image, null, 2);
  for (const button of $('images').children) button.setAttribute('aria-pressed', String(button.title === image.id));
  if (isNew) transform();
}

async function transform() {
  if (!chosen) return;
  const { preset, query } = Object.fromEntries(new FormData($('playground')));
  const suffix = (preset && '@' + preset) + (query && '?' + query);
  const path = local(chosen.cdn_url) + suffix;
  $('address').textContent = chosen.cdn_url + suffix;
  $('link').href = path;
  const response = await fetch(path, { headers: { accept: 'image/avif,image/webp,image/*,*/*;q=0.8' } });
  const body = await response.blob();
  if (!response.ok) {
    $('result').removeAttribute('src');
    $('facts').textContent = response.status + ' ' + (JSON.parse(await body.text()).detail ?? '');
    return;
  }
  URL.revokeObjectURL($('result').src);
  $('result').src = URL.createObjectURL(body);
  const missed = response.headers.get('x-imgwire-not-applied');
  await $('result').decode().catch(() => undefined);
  $('facts').textContent = [$('result').naturalWidth + ' × ' + $('result').naturalHeight, response.headers.get('content-type'), body.size + ' B', missed && 'not applied: ' + missed].filter(Boolean).join(' · ');
}

function showRequest(request) {
  const row = make('tr');
  const answer = request.state === 'answered' ? request.status : request.state;
  row.append(
    make('td', request.startedAt.slice(11, 23)),
    make('td', request.route),
    make('td', request.method + ' ' + request.path),
    make('td', request.bytesReceived),
    make('td', answer, { className: answer < 400 ? '' : 'bad' }),
  );
  return row;
}

function showFault({ id, seen, hits, ...fault }) {
  const row = make('tr');
  const cell = make('td');
  const remove = () => fetch('/_emulator/faults/' + id, { method: 'DELETE' }).then(refresh);
  cell.append(make('button', 'Remove', { onclick: remove }));
  row.append(make('td', JSON.stringify(fault)), make('td', seen), make('td', hits), cell);
  return row;
}

// Not more often than they change: each thumbnail that is drawn is a request, and that is a change, too.
function showImages(images) {
  const text = JSON.stringify(images);
  if (text === shownImages) return;
  shownImages = text;
  $('images').replaceChildren(...images.map(showImage));
}

async function refresh() {
  const text = await fetch('/_emulator/state').then((response) => response.text());
  if (text === shown) return;
  shown = text;
  const { images, total, requests, faults } = JSON.parse(text);
  $('total').textContent = total;
  showImages(images);
  $('requests').replaceChildren(...requests.map(showRequest));
  $('faults').replaceChildren(...faults.map(showFault));
  const current = images.find(({ id }) => id === chosen?.id);
  if (current) choose(current);
  else $('chosen').hidden = true;
}

$('playground').oninput = transform;
$('playground').onsubmit = () => false;
$('reset').onclick = () => fetch('/_emulator/reset', { method: 'POST', headers }).then(refresh);
$('add-fault').onsubmit = (event) => {
  event.preventDefault();
  fetch('/_emulator/faults', { method: 'POST', headers, body: new FormData($('add-fault')).get('fault') })
    .then((response) => response.json())
    .then(({ detail }) => { $('fault-error').textContent = detail?.[0]?.msg ?? ''; })
    .then(refresh);
};
setInterval(() => document.hidden || refresh().catch(() => undefined), 1000);
refresh();
`;
