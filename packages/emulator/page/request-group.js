import { make, place } from './elements.js';
import { onOpening } from './on-opening.js';
import { hasFailed } from './request-filter.js';
import { createRow } from './request-row.js';
import { showMore } from './show-more.js';
import { showName } from './show-name.js';
import { humanDuration } from './units.js';

/** A group of the log: what is sent for one image. It opens to its requests. */
export function createGroup(choose) {
  const summary = make('summary', { className: 'group' });
  const list = make('ol', { className: 'rows' });
  const more = make('button', { type: 'button', className: 'plain small more' });
  const image = make('button', { type: 'button', className: 'plain small', textContent: 'Show the image' });
  const details = make('details', {}, summary, make('div', { className: 'in-group' }, list, more, image));
  const rows = new Map();
  let requests = [];
  let drawn = '';

  const drawRows = () =>
    place(
      list,
      cut(requests).map((request) => {
        const row = rows.get(request.id) ?? createRow();
        rows.set(request.id, row);
        row.update(request);
        return row.element;
      }),
    );
  const cut = showMore(list, more, { wide: 12, small: 12 }, drawRows);
  onOpening(details, summary, drawRows);
  image.addEventListener('click', () => choose(requests[0].imageId));

  return {
    element: make('li', {}, details),
    /** Draws the group anew if its requests have changed. */
    update(next, images) {
      requests = next;
      const id = requests.find(({ imageId }) => imageId)?.imageId;
      const stored = images.find((record) => record.id === id);
      const text = JSON.stringify([requests, stored?.original_filename, stored?.status]);
      if (text === drawn) return;
      drawn = text;
      image.hidden = !stored;
      summary.replaceChildren(...cells(requests, id, stored));
      if (details.open) drawRows();
    },
  };
}

function cells(requests, id, stored) {
  const { startedAt } = requests[0];
  const name =
    stored?.original_filename ?? requests.find(({ body }) => body?.file_name)?.body.file_name ?? 'no record';
  return [
    make('time', { textContent: new Date(startedAt).toLocaleTimeString('en-GB'), dateTime: startedAt }),
    make(
      'span',
      { className: 'target' },
      showName(make('b', { className: 'name' }), name),
      make('code', { className: 'id', textContent: id }),
      make('span', { className: 'steps' }, ...steps(requests)),
    ),
    make('span', { className: 'took', textContent: uploadTime(requests) }),
    outcome(requests, stored),
  ];
}

function outcome(requests, stored) {
  const failed = requests.filter(hasFailed).length;
  const [mood, textContent] = failed
    ? ['problem', `${failed} failed`]
    : requests.some(({ state }) => state === 'open')
      ? ['', 'open']
      : stored?.status === 'QUARANTINE'
        ? ['warn', 'quarantine']
        : ['good', 'ok'];
  return make('span', { className: `outcome ${mood}`, textContent });
}

/** One step for each route, in the order of time: how often, and with which status if it failed. */
function steps(requests) {
  const byStep = new Map();
  for (const request of requests.toReversed()) {
    const failed = hasFailed(request);
    const name = failed ? `${request.route} ${request.status ?? request.state}` : request.route;
    byStep.set(name, { failed, count: (byStep.get(name)?.count ?? 0) + 1 });
  }
  return Array.from(byStep, ([name, { failed, count }]) =>
    make('span', {
      className: failed ? 'step problem' : 'step',
      textContent: count > 1 ? `${name} × ${count}` : name,
    }),
  );
}

/** From the first request that creates the record to the end of the last bytes. */
function uploadTime(requests) {
  const upload = requests.filter(({ route }) => ['create', 'put', 'upload_via_url'].includes(route));
  if (upload.length === 0) return '';
  return humanDuration(upload.at(-1).startedAt, upload[0].endedAt);
}
