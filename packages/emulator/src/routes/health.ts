import { json } from '../http/answer.ts';
import type { Route } from '../http/route.ts';

/** Whether the service is up. */
export const HEALTH_ROUTES: readonly Route[] = [
  { name: 'health', method: 'GET', path: '/health', access: 'public', answer: () => json({ status: 'ok' }) },
];
