// undici declares the types of its index only.
declare module 'undici/lib/dispatcher/agent.js' {
  export { Agent as default } from 'undici/index.js';
}

declare module 'undici/lib/core/connect.js' {
  import type { Socket } from 'node:net';
  import type { buildConnector as Undici } from 'undici/index.js';

  // It returns the socket, which undici's own type of it leaves out.
  export default function buildConnector(
    options: Undici.BuildOptions,
  ): (options: Undici.Options, callback: Undici.Callback) => Socket;
}
