import { byId, place } from './elements.js';
import { onFilter, readFilter } from './request-filter.js';
import { createGroup } from './request-group.js';
import { groupRequests } from './request-groups.js';
import { createRow } from './request-row.js';
import { showMore } from './show-more.js';

const list = byId('requests');
/** What is drawn, by the keys of the groups: what is open stays open, and keeps the focus. */
const drawn = new Map();

/** Returns the function that shows the log; `choose` is called with the id of an image that is to be shown. */
export function offerRequests(choose) {
  let state = { images: [], requests: [], total_requests: 0 };
  const draw = () => {
    const { requests, total_requests: total } = state;
    const filter = readFilter(requests);
    const shown = filter ? requests.filter(filter) : requests;
    byId('requests-count').textContent = shown.length < total ? `${shown.length} of ${total}` : total;
    byId('no-requests').hidden = requests.length > 0;
    byId('no-match').hidden = requests.length === 0 || shown.length > 0;
    // Who filters looks for requests: each stands alone.
    const groups = filter
      ? shown.map((request) => ({ key: request.id, requests: [request] }))
      : groupRequests(shown);
    place(
      list,
      cut(groups).map((group) => show(group, state.images, choose)),
    );
    forgetOthers();
  };
  const cut = showMore(list, byId('more-requests'), { wide: 15, small: 10 }, draw);
  onFilter(draw);
  return (next) => {
    state = next;
    draw();
  };
}

function show({ key, requests }, images, choose) {
  const isGroup = requests.length > 1;
  const known = drawn.get(key);
  const it =
    known?.isGroup === isGroup ? known : { isGroup, ...(isGroup ? createGroup(choose) : createRow()) };
  drawn.set(key, it);
  if (isGroup) it.update(requests, images);
  else it.update(requests[0]);
  return it.element;
}

function forgetOthers() {
  for (const [key, { element }] of drawn) if (!element.isConnected) drawn.delete(key);
}
