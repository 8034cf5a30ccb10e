import { byId } from './elements.js';
import { readFilter } from './request-filter.js';
import { createRow } from './request-row.js';

const list = byId('requests');
const empty = byId('no-requests');
/** The rows by the ids of their requests: a row that is open stays open, and keeps the focus. */
const rows = new Map();

/** Shows the requests that the filter lets through, the newest first. */
export function showRequests({ requests, total_requests: total }) {
  const shown = requests.filter(readFilter(requests));
  byId('requests-count').textContent = shown.length < total ? `${shown.length} of ${total}` : total;
  empty.hidden = shown.length > 0;
  empty.textContent = requests.length > 0 ? 'No request matches the filter.' : 'No requests yet.';
  list.hidden = shown.length === 0;
  dropOthers(new Set(shown.map(({ id }) => id)));
  shown.forEach(place);
}

function dropOthers(ids) {
  for (const [id, { element }] of rows) {
    if (ids.has(id)) continue;
    element.remove();
    rows.delete(id);
  }
}

function place(request, index) {
  const row = rows.get(request.id) ?? createRow();
  rows.set(request.id, row);
  row.update(request);
  // A row that is where it belongs is not touched: to move it would take its focus.
  if (list.children[index] !== row.element) list.insertBefore(row.element, list.children[index] ?? null);
}
