import { byId } from './elements.js';

const KEY = 'came from';

/** Leads back to the application whose link has led here. The browser says its origin, and no more. */
export function offerWayBack() {
  const link = byId('back');
  const origin = originOf(document.referrer) ?? sessionStorage.getItem(KEY);
  if (!origin) return;
  // The page may be loaded anew.
  sessionStorage.setItem(KEY, origin);
  link.href = origin;
  link.textContent = `Back to ${new URL(origin).host}`;
  link.hidden = false;
}

function originOf(url) {
  const { protocol, origin } = URL.parse?.(url) ?? {};
  return /^https?:$/.test(protocol) && origin !== location.origin ? origin : undefined;
}
