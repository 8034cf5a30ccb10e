import { byId, make } from './elements.js';

const form = byId('filter');
const routes = byId('filter-route');

/** Whether a request was answered with an error, or not at all. */
export const hasFailed = ({ state, status }) => state === 'aborted' || status >= 400;

/** The filter of the form as a function, or undefined if it is empty. Every route of these requests can be chosen. */
export function readFilter(requests) {
  offerRoutes(requests);
  const { text, route, failed } = Object.fromEntries(new FormData(form));
  const wanted = text.trim().toLowerCase();
  if (!wanted && !route && !failed) return undefined;
  return (request) =>
    (!route || request.route === route) &&
    (!failed || hasFailed(request)) &&
    (!wanted || JSON.stringify(Object.values(request)).toLowerCase().includes(wanted));
}

function offerRoutes(requests) {
  const known = new Set(Array.from(routes.options, ({ value }) => value));
  const missing = new Set(requests.map(({ route }) => route).filter((route) => !known.has(route)));
  routes.append(...Array.from(missing, (textContent) => make('option', { textContent })));
}

/** Calls back when the filter changes. */
export function onFilter(refresh) {
  form.addEventListener('input', refresh);
  form.addEventListener('submit', (event) => event.preventDefault());
}
