/** The element with the id. */
export const byId = (id) => document.getElementById(id);

/** Creates an element. What comes from clients is only ever set as text. */
export function make(tag, properties = {}, ...children) {
  const { dataset, ...rest } = properties;
  const element = Object.assign(document.createElement(tag), rest);
  Object.assign(element.dataset, dataset);
  element.append(...children);
  return element;
}

/** Makes these the children of a list. One that is where it belongs is not touched: to move it would take its focus. */
export function place(list, elements) {
  const wanted = new Set(elements);
  const focused = document.activeElement;
  for (const child of Array.from(list.children)) if (!wanted.has(child)) child.remove();
  elements.forEach((element, index) => {
    if (list.children[index] !== element) list.insertBefore(element, list.children[index] ?? null);
  });
  if (focused !== document.activeElement) focused.focus({ preventScroll: true });
  list.hidden = elements.length === 0;
}

/** Tells those who do not see the page. Behind an open dialog nothing is read out. */
export function say(text) {
  document.querySelector('dialog[open] .news, body:not(:has(dialog[open])) .news').textContent = text;
}
