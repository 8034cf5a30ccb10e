import { copyButton } from './copy.js';
import { make } from './elements.js';
import { onOpening } from './on-opening.js';
import { hasFailed } from './request-filter.js';
import { shortPath } from './short-path.js';
import { humanDuration, humanSize } from './units.js';

/** A row of the log, which opens to everything that is known of its request. */
export function createRow() {
  const summary = make('summary');
  const inside = make('div', { className: 'inside' });
  const details = make('details', {}, summary, inside);
  let request = {};
  let drawn = '';
  let drawnInside;

  const drawInside = () => {
    if (request === drawnInside) return;
    drawnInside = request;
    inside.replaceChildren(...sections(request));
  };
  onOpening(details, summary, drawInside);

  return {
    element: make('li', {}, details),
    /** Draws the row anew if its request has changed: it is live until it is answered. */
    update(next) {
      const text = JSON.stringify(next);
      if (text === drawn) return;
      drawn = text;
      request = next;
      summary.replaceChildren(...cells(request));
      if (details.open) drawInside();
    },
  };
}

function cells(request) {
  const { startedAt, endedAt, method, path, route, bytesReceived, imageId, state, status } = request;
  const outcome = state === 'finished' ? status : state;
  return [
    make('time', { textContent: new Date(startedAt).toLocaleTimeString('en-GB'), dateTime: startedAt }),
    make('code', { className: 'target', textContent: `${method} ${shortPath(path, imageId)}`, title: path }),
    make('span', { className: 'route', textContent: route }),
    make('span', { className: 'bytes', textContent: bytesReceived ? humanSize(bytesReceived) : '' }),
    make('span', { className: 'took', textContent: endedAt ? humanDuration(startedAt, endedAt) : '' }),
    make('span', { className: hasFailed(request) ? 'outcome problem' : 'outcome', textContent: outcome }),
  ];
}

function sections(request) {
  const { headers, body, errorBody, path, imageId, startedAt, endedAt } = request;
  const took = endedAt ? humanDuration(startedAt, endedAt) : 'not yet over';
  const facts = [startedAt, took, imageId && `image ${imageId}`].filter(Boolean).join(' · ');
  const headerLines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return [
    make(
      'p',
      { className: 'quiet' },
      facts,
      copyButton('the request', () => JSON.stringify(request, null, 2), 'Copy JSON'),
    ),
    errorBody && section('Why it was rejected', pretty(errorBody)),
    section('Path', path),
    section('Headers', headerLines.join('\n')),
    body !== undefined && section('Body', JSON.stringify(body, null, 2)),
  ].filter(Boolean);
}

function section(title, text) {
  return make('div', {}, make('h3', { textContent: title }), make('pre', { textContent: text }));
}

/** JSON of the API is indented; XML of uploads is one line. */
function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
