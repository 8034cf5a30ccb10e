import { byId } from './elements.js';

/** Leads back to the application whose link has led here. The browser says its origin, and no more. */
export function offerWayBack() {
  const { protocol, origin, host } = URL.parse?.(document.referrer) ?? {};
  if (!/^https?:$/.test(protocol) || origin === location.origin) return;
  const link = byId('back');
  link.href = origin;
  link.textContent = `Back to ${host}`;
  link.hidden = false;
}
