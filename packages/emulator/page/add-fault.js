import { copyButton } from './copy.js';
import { byId, make, say } from './elements.js';
import { FAULT_EXAMPLES } from './fault-examples.js';
import { jsonProblem, placeOf } from './json-problem.js';
import { isSame, isSpent } from './same-fault.js';
import { send } from './send.js';

const form = byId('add-fault');
const examples = byId('fault-examples');
const text = form.elements.fault;

/** Adds the fault of the form, and says what is wrong with one that cannot be added; `read` returns those in force. */
export function offerFaultForm(read, refresh) {
  examples.append(...FAULT_EXAMPLES.map(([textContent]) => make('option', { textContent })));
  const useExample = () => {
    text.value = JSON.stringify(FAULT_EXAMPLES[examples.selectedIndex][1], null, 1).replaceAll(/\n */g, ' ');
    showProblem('');
  };
  useExample();
  byId('fault-buttons').prepend(copyButton('the fault as a curl line', curlLine, 'Copy as curl'));
  examples.addEventListener('change', useExample);
  text.addEventListener('input', () => showProblem(''));
  const addOne = async (value) => {
    // What is in force may be a second old.
    await refresh();
    await add(value, read());
    await refresh();
  };
  let added = Promise.resolve();
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    // As it is at the press: until its turn the text may become another.
    const { value } = text;
    const next = () => addOne(value);
    // One after the other: the second press of a double click finds what the first has added.
    added = added.then(next, next);
  });
}

/** The same from a terminal. */
function curlLine() {
  const data = text.value.replaceAll("'", "'\\''");
  return `curl -H 'content-type: application/json' -d '${data}' ${location.origin}/_emulator/faults`;
}

async function add(value, faults) {
  const wrong = jsonProblem(value);
  if (wrong) return showProblem(`${placeOf(value, wrong.at)}: here belongs ${wrong.expected}.`, wrong.at);
  const same = faults.filter((fault) => isSame(fault, JSON.parse(value)));
  if (same.some((fault) => !isSpent(fault))) return showProblem('This fault is in force already.');
  const response = await send('POST', 'faults', value);
  if (!response?.ok) return showRejection(value, await response?.json());
  // Those that have struck make room for the one that will.
  for (const { id } of same) await send('DELETE', `faults/${id}`);
  showProblem('');
  say('The fault is in force.');
}

/** The emulator names the field in double quotes, as JSON does. */
function showRejection(value, said) {
  const message = (said?.detail?.[0]?.msg ?? 'The emulator does not respond.').replace('faults.add(): ', '');
  const field = /"[^"]+"/.exec(message)?.[0];
  const at = field ? value.indexOf(field) : -1;
  const where = at < 0 ? '' : `${placeOf(value, at)}: `;
  showProblem(`${where}${message}`, at < 0 ? undefined : at, field?.length);
}

function showProblem(message, at, length = 1) {
  byId('fault-problem').textContent = message;
  text.setAttribute('aria-invalid', String(message !== ''));
  if (message) text.focus();
  if (at !== undefined) text.setSelectionRange(at, at + length);
}
