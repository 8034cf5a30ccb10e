import { byId, make, showList } from './elements.js';
import { FAULT_EXAMPLES } from './fault-examples.js';
import { send } from './send.js';

const form = byId('add-fault');
const examples = byId('fault-examples');
const text = form.elements.fault;
let drawn = '';

/** Shows the faults in force; `refresh` is called when one is added or removed. */
export function showFaults({ faults }, refresh) {
  const next = JSON.stringify(faults);
  if (next === drawn) return;
  drawn = next;
  byId('faults-count').textContent = faults.length;
  const focused = document.activeElement?.dataset.fault;
  showList(
    byId('faults'),
    undefined,
    faults.map((fault) => row(fault, refresh)),
  );
  if (focused) document.querySelector(`[data-fault="${focused}"]`)?.focus();
}

function row({ id, seen, hits, ...fault }, refresh) {
  const script = JSON.stringify(fault);
  const remove = make(
    'button',
    { type: 'button', className: 'plain small', dataset: { fault: id } },
    'Remove',
  );
  remove.setAttribute('aria-label', `Remove the fault ${script}`);
  remove.addEventListener('click', () => void removeFault(id, refresh));
  const counts = `struck ${hits} of ${seen} requests`;
  return make(
    'li',
    { className: 'panel' },
    make('code', { textContent: script }),
    make('span', { className: 'quiet', textContent: counts }),
    remove,
  );
}

/** Adds the fault of the form, and says what is wrong with one that cannot be added. */
export function offerFaults(refresh) {
  examples.append(...FAULT_EXAMPLES.map(([textContent]) => make('option', { textContent })));
  const useExample = () => {
    text.value = JSON.stringify(FAULT_EXAMPLES[examples.selectedIndex][1]);
  };
  useExample();
  examples.addEventListener('change', useExample);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void addFault(refresh);
  });
}

async function addFault(refresh) {
  const response = await send('POST', 'faults', text.value);
  const { detail } = (await response?.json()) ?? {};
  byId('fault-problem').textContent = detail?.[0]?.msg ?? '';
  if (response?.ok) byId('news').textContent = 'The fault is in force.';
  await refresh();
}

async function removeFault(id, refresh) {
  await send('DELETE', `faults/${id}`);
  // The button that was pressed is gone.
  text.focus();
  await refresh();
}
