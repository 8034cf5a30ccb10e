import { json } from '../http/response.ts';
import type { Route } from '../http/router.ts';
import { CDN_ROUTES } from './cdn.ts';
import { CORS_ORIGIN_ROUTES } from './cors-origins.ts';
import { CREATE_ROUTES } from './create.ts';
import { CUSTOM_DOMAIN_ROUTES } from './custom-domain.ts';
import { DOWNLOAD_ROUTES } from './downloads.ts';
import { IMAGE_ROUTES } from './images.ts';
import { METRICS_ROUTES } from './metrics.ts';
import { PUT_ROUTES } from './put.ts';
import { TOKEN_ROUTES } from './token.ts';
import { UPLOAD_VIA_URL_ROUTES } from './upload-via-url.ts';

/** Whether the service is up. */
const HEALTH_ROUTES: readonly Route[] = [
  { name: 'health', method: 'GET', path: '/health', access: 'public', handle: () => json({ status: 'ok' }) },
];

/** Every route of the service; the first that matches a path wins, so fixed names come before `{ids}`. */
export const ROUTES: readonly Route[] = [
  ...CREATE_ROUTES,
  ...UPLOAD_VIA_URL_ROUTES,
  ...TOKEN_ROUTES,
  ...DOWNLOAD_ROUTES,
  ...IMAGE_ROUTES,
  ...CORS_ORIGIN_ROUTES,
  ...CUSTOM_DOMAIN_ROUTES,
  ...METRICS_ROUTES,
  ...HEALTH_ROUTES,
  ...PUT_ROUTES,
  ...CDN_ROUTES,
];
