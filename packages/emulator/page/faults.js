import { offerFaultForm } from './add-fault.js';
import { byId, make, place } from './elements.js';
import { titleOf } from './fault-examples.js';
import { isSpent } from './same-fault.js';
import { send } from './send.js';
import { showMore } from './show-more.js';

const list = byId('faults');
const rows = new Map();

/** Returns the function that shows the faults in force, the newest first; `refresh` is called when one is added or removed. */
export function offerFaults(refresh) {
  let faults = [];
  const draw = () =>
    place(
      list,
      cut(faults.toReversed()).map((fault) => row(fault, refresh)),
    );
  const cut = showMore(list, byId('more-faults'), { wide: 4, small: 4 }, draw);
  offerFaultForm(() => faults, refresh);
  return (state) => {
    faults = state.faults;
    byId('faults-count').textContent = faults.length;
    byId('no-faults').hidden = faults.length > 0;
    draw();
    const ids = new Set(faults.map(({ id }) => id));
    for (const id of rows.keys()) if (!ids.has(id)) rows.delete(id);
  };
}

function row(reported, refresh) {
  const { id, seen, hits, ...fault } = reported;
  const known = rows.get(id) ?? createRow(id, fault, refresh);
  rows.set(id, known);
  const struck = `struck ${hits} of ${seen} ${seen === 1 ? 'request' : 'requests'}`;
  const state = isSpent(reported) ? `spent: ${struck}` : struck;
  if (known.counts.textContent !== state) known.counts.textContent = state;
  known.element.classList.toggle('spent', isSpent(reported));
  return known.element;
}

function createRow(id, fault, refresh) {
  const script = JSON.stringify(fault);
  const title = titleOf(fault);
  const counts = make('span', { className: 'quiet' });
  const remove = make('button', { type: 'button', className: 'plain small', textContent: 'Remove' });
  remove.setAttribute('aria-label', `Remove the fault ${script}`);
  remove.addEventListener('click', async ({ detail }) => {
    // The second click of a double click, when the row below has moved under the pointer.
    if (detail > 1) return;
    await send('DELETE', `faults/${id}`);
    // The button that was pressed is gone.
    byId('faults-title').closest('section').querySelector('textarea').focus();
    await refresh();
  });
  const words = title ? [make('b', { textContent: title })] : [];
  return {
    counts,
    element: make('li', {}, ...words, make('code', { textContent: script }), counts, remove),
  };
}
