import type { Socket } from 'node:net';

/**
 * The socket whose `close` means that the client has disconnected. A request that no server created has none, and a serverless
 * adapter's substitute emits nothing: there the whole request has already arrived.
 */
export function socketOf({ socket }: { readonly socket?: Socket | undefined }): Socket | undefined {
  return typeof socket?.once === 'function' ? socket : undefined;
}
