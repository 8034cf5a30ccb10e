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

/** Shows a list, or else what stands for an empty one. */
export function showList(list, empty, children) {
  list.replaceChildren(...children);
  list.hidden = children.length === 0;
  if (empty) empty.hidden = children.length > 0;
}

/** Bytes as people read them. */
export function humanSize(bytes) {
  const [divisor, unit] = bytes < 1000 ? [1, 'B'] : bytes < 1e6 ? [1e3, 'kB'] : [1e6, 'MB'];
  const value = bytes / divisor;
  const maximumFractionDigits = divisor > 1 && value < 10 ? 1 : 0;
  return `${value.toLocaleString('en', { maximumFractionDigits })} ${unit}`;
}
