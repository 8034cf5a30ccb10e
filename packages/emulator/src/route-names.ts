/** Names of the routes, as the request log shows them and as faults match them. */
export const ROUTE_NAMES = [
  'list',
  'create',
  'upload_via_url',
  'token',
  'retrieve',
  'delete',
  'bulk_delete',
  'create_download',
  'retrieve_download',
  'cors_origins',
  'custom_domain',
  'metrics',
  'health',
  'put',
  'cdn',
  'download',
  'emulator',
  'preflight',
  'unknown',
] as const;

/** One of the routes; `unknown` is a request that matches none, `preflight` an OPTIONS request to any. */
export type RouteName = (typeof ROUTE_NAMES)[number];
