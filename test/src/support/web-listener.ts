import type { RequestListener } from 'node:http';
import { getRequestListener } from '@hono/node-server';

/** A listener of Node's server for a route of web requests, which Hono's server makes. HTTP/1.0 names no host. */
export function webListener(route: (request: Request) => Promise<Response>): RequestListener {
  const listener = getRequestListener((request) => route(request), { hostname: 'localhost' });
  return (req, res) => void listener(req, res);
}
