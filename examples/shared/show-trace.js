const trace = document.querySelector('#trace');

/** Shows the steps of an upload, each with a bar; those without a time are still to come. */
export function showTrace(steps) {
  const total = steps.at(-1).ms;
  trace.replaceChildren(...steps.map((step) => stepItem(step, total)));
}

function stepItem({ what, ms, event = '' }, total) {
  const item = document.createElement('li');
  item.title = event;
  item.style.setProperty('--at', `${total ? (100 * ms) / total : 0}%`);
  const time = ms === undefined ? '–' : `${ms.toLocaleString('en', { maximumFractionDigits: 1 })} ms`;
  const parts = [what, time].map((textContent) =>
    Object.assign(document.createElement('span'), { textContent }),
  );
  item.append(...parts);
  return item;
}
