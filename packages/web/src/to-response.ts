import type { JsonResponse } from '@imgwire/core/adapter';

/** A response of core, as the platform's. */
export const toResponse = ({ status, headers, body }: JsonResponse): Response =>
  new Response(body === undefined ? null : JSON.stringify(body), { status, headers: { ...headers } });
