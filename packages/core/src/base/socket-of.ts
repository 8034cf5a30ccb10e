import type { Socket } from 'node:net';

/**
 * The socket that tells when the client leaves. A request that no server made has none, and what a serverless adapter puts
 * in its place tells nothing: there, the whole request has arrived before.
 */
export function socketOf({ socket }: { readonly socket?: Socket | undefined }): Socket | undefined {
  return typeof socket?.once === 'function' ? socket : undefined;
}
