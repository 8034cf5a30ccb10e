import type { Socket } from 'node:net';

/** Where a connection goes to, as undici says it. */
export interface Destination {
  readonly protocol: string;
  readonly host?: string;
  readonly hostname: string;
  readonly port: string;
}

/** Gets a connection, or why there is none. */
export type OnConnected = (...outcome: [error: null, socket: Socket] | [error: Error, socket: null]) => void;

/** Makes a connection, as undici's own connector does. It returns the socket, and listens to its errors. */
export type Connect = (to: Destination, onConnected: OnConnected) => unknown;

/** How a connection came about. One that was opened ahead, or had a request before, may be closed without our knowledge. */
export type ConnectionAge = 'new' | 'opened ahead' | 'reused';

/** Connections that are opened before there is a request for them. */
export interface ConnectionsAhead {
  /** Returns undici's connector. It takes a connection that was opened less than `maxAgeMs` ago, or makes one. */
  connector(maxAgeMs: number): (to: Destination, onConnected: OnConnected) => void;
  /**
   * Expects a request to an origin, and opens a connection, unless as many are idle as requests are expected. If it fails, that is
   * forgotten.
   */
  expect(origin: string): void;
  /** A request to the origin begins. */
  begun(origin: string): void;
  /** A request to the origin has ended. */
  ended(origin: string): void;
  /**
   * Returns the age of the connection on which undici starts a request at this moment. While it fails a request whose connection
   * could not be made it is new.
   */
  starting(): ConnectionAge;
  /** Closes those to an origin, and opens none for a minute: a request got no response on one. */
  distrust(origin: string): void;
  /** Closes them all, for good. */
  close(): void;
}

/** After so long without use it is closed, and no request takes it: a suspended process has had no timers. */
export const UNUSED_MS = 10_000;
/** At most so many to one origin. */
const MOST = 16;
/** So long a request is expected: the client may be slow, or the file rejected. */
const EXPECTED_MS = 2_000;
const DISTRUST_MS = 60_000;
/** So many origins are remembered. The service has two. */
const ORIGINS = 16;

interface Opened {
  readonly socket: Socket;
  readonly openedAt: number;
  isConnected: boolean;
  /** Lets the process end before it is used. */
  readonly unref: () => void;
  /** The request that took it while it was being made. */
  onConnected?: OnConnected;
  readonly onUnused: () => void;
}

/** What we know of one origin. */
interface Origin {
  readonly opened: Opened[];
  /** When each of the requests was expected that have not been sent. */
  readonly expected: number[];
  /** Connections that undici has. We count them: its own statistics look at every connection, at each form. */
  connected: number;
  /** Requests under way. */
  busy: number;
  distrustedUntil: number;
}

/** @param connect makes them all, so that they share their TLS sessions */
export function openConnectionsAhead(connect: Connect): ConnectionsAhead {
  const origins = new Map<string, Origin>();
  let starting: ConnectionAge = 'reused';
  let isClosed = false;
  const handOver =
    (origin: Origin, age: ConnectionAge, onConnected: OnConnected): OnConnected =>
    (...outcome) => {
      count(origin, outcome[1]);
      // undici starts the request that waits for the connection within this call.
      starting = age;
      try {
        onConnected(...outcome);
      } finally {
        starting = 'reused';
      }
    };
  return {
    connector: (maxAgeMs) => (to, onConnected) => {
      const origin = knownOrigin(origins, `${to.protocol}//${to.host}`);
      const opened = take(origin.opened, maxAgeMs);
      const asNew = handOver(origin, 'new', onConnected);
      if (!opened) {
        connect(to, asNew);
      } else if (opened.isConnected) {
        // Later: undici is in a call of its own, and would not notice.
        queueMicrotask(() => handOver(origin, 'opened ahead', onConnected)(null, opened.socket));
      } else {
        const takenAt = performance.now();
        opened.onConnected = (...outcome) => {
          const [error] = outcome;
          // It may have failed because of the time when it was begun. Of a timeout the request has waited for the greater part.
          const isOwn = takenAt - opened.openedAt <= performance.now() - takenAt;
          if (error && !(isTimeout(error) && isOwn)) connect(to, asNew);
          else asNew(...outcome);
        };
      }
    },
    expect: (name) => {
      if (isClosed) return;
      const origin = knownOrigin(origins, name);
      if (!isNeeded(origin)) return;
      try {
        open(connect, name, origin.opened);
      } catch {
        // The request makes its own, and fails with the same.
      }
    },
    begun: (name) => {
      const origin = knownOrigin(origins, name);
      origin.expected.shift();
      origin.busy += 1;
    },
    ended: (name) => {
      knownOrigin(origins, name).busy -= 1;
    },
    starting: () => starting,
    distrust: (name) => {
      const origin = knownOrigin(origins, name);
      origin.distrustedUntil = performance.now() + DISTRUST_MS;
      closeAll(origin);
    },
    close: () => {
      isClosed = true;
      for (const origin of origins.values()) closeAll(origin);
    },
  };
}

/** Expects one request more. Returns whether there are fewer connections for them. */
function isNeeded({ opened, expected, connected, busy, distrustedUntil }: Origin): boolean {
  const now = performance.now();
  while (now - (expected[0] ?? now) > EXPECTED_MS) expected.shift();
  expected.push(now);
  const idle = Math.max(0, connected - busy);
  return now >= distrustedUntil && opened.length < MOST && opened.length + idle < expected.length;
}

function count(origin: Origin, socket: Socket | null): void {
  if (!socket) return;
  origin.connected += 1;
  socket.once('close', () => {
    origin.connected -= 1;
  });
}

function knownOrigin(origins: Map<string, Origin>, name: string): Origin {
  const known = origins.get(name);
  if (known) return known;
  for (const [other, { opened, connected, busy }] of origins.size < ORIGINS ? [] : origins) {
    if (opened.length + connected + busy === 0) origins.delete(other);
  }
  const origin: Origin = { opened: [], expected: [], connected: 0, busy: 0, distrustedUntil: 0 };
  origins.set(name, origin);
  return origin;
}

function open(connect: Connect, origin: string, all: Opened[]): void {
  const { protocol, host, hostname, port } = new URL(origin);
  // undici, too, names an IPv6 address without its brackets.
  const to = { protocol, host, hostname: hostname.replace(/^\[|\]$/g, ''), port };
  const socket = connect(to, (...outcome) => {
    opened.isConnected = true;
    opened.onConnected?.(...outcome);
  }) as Socket;
  // undici's connector listens as well, but does not promise it.
  socket.on('error', () => undefined);
  const opened: Opened = {
    socket,
    openedAt: performance.now(),
    isConnected: false,
    unref: () => void socket.unref(),
    onUnused: () => void socket.destroy(),
  };
  all.push(opened);
  opened.unref();
  // Node has a new handle for each address of a host that it tries.
  socket.on('connectionAttempt', opened.unref).setTimeout(UNUSED_MS, opened.onUnused);
  socket.once('close', () => remove(all, opened));
}

/** Takes one that a request can use, if there is one; first of those that are made. */
function take(all: Opened[], maxAgeMs: number): Opened | undefined {
  const now = performance.now();
  for (const { socket, isConnected } of all) if (isConnected && !isUsable(socket)) socket.destroy();
  const usable = all.filter(({ socket, openedAt }) => !socket.destroyed && now - openedAt < maxAgeMs);
  const opened = usable.find(({ isConnected }) => isConnected) ?? usable[0];
  if (!opened) return undefined;
  remove(all, opened);
  const { socket, unref, onUnused } = opened;
  socket.off('connectionAttempt', unref).off('timeout', onUnused).setTimeout(0).ref();
  return opened;
}

/** A server that has said something before it was asked, such as a 408, is about to close. */
const isUsable = ({ readableLength, readableEnded, writable }: Socket): boolean =>
  readableLength === 0 && !readableEnded && writable;

const isTimeout = (error: Error): boolean =>
  'code' in error && (error.code === 'UND_ERR_CONNECT_TIMEOUT' || error.code === 'ETIMEDOUT');

function remove(all: Opened[], opened: Opened): void {
  const at = all.indexOf(opened);
  if (at >= 0) all.splice(at, 1);
}

function closeAll({ opened }: Origin): void {
  for (const { socket } of opened.splice(0)) socket.destroy();
}
