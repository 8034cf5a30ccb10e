import { type OutgoingHttpHeaders, validateHeaderName, validateHeaderValue } from 'node:http';
import { CHECKS, type Check } from '@imgwire/core/adapter';
import { assertEmulatorOptions, check, duration, integer, oneOf, onlyTrue } from './check.ts';
import type { EmulatorRequest } from './request-log.ts';
import { ROUTE_NAMES, type RouteName } from './request-log.ts';

/** One failure, and the requests it applies to. */
export interface Fault {
  readonly route: RouteName;
  /** The first matching request that it applies to, counted from 1 since you added the fault. @default 1 */
  readonly nth?: number;
  /** How many requests it applies to. Null means all, and so does Infinity, which JSON writes as null. @default 1 */
  readonly times?: number | null;
  /** Only requests for this image. */
  readonly imageId?: string;
  /** Read the body, then respond with this status instead of processing the request. */
  readonly status?: number;
  /** Headers of that response, such as Retry-After. */
  readonly headers?: OutgoingHttpHeaders;
  /** Body of that response. A text is sent as it is (HTML, truncated JSON), an object as JSON. */
  readonly body?: string | object;
  /** Wait before anything else, in milliseconds. */
  readonly delayMs?: number;
  /**
   * Read so many bytes of the body, then no more until the fault is removed. Then continue normally. While nothing is read, TCP
   * does not report that the client has disconnected: remove the fault to see that.
   */
  readonly stallAfterBytes?: number;
  /** Read so many bytes of the body, then reset the connection. */
  readonly resetAfterBytes?: number;
  /** Read the body no faster than this. */
  readonly readBytesPerSecond?: number;
  /** Respond with `status` (403 by default) after so many bytes, while the rest is still in flight. */
  readonly respondAfterBytes?: number;
  /** Treat the presigned URL or the upload token as expired. */
  readonly expired?: true;
  /** Read the body, do nothing, and never respond. */
  readonly hang?: true;
  /** Respond successfully, then close the idle connection, as proxies do. */
  readonly closeIdle?: true;
  /** Process the request, then lose the response: reset the connection, or respond with `status` if it is set. */
  readonly afterProcessing?: true;
}

/** The handle of an added fault. */
export interface FaultHandle {
  readonly id: string;
  /** Requests that it has applied to so far. */
  readonly hits: number;
  /** Removes the fault. Requests that it has stalled continue. */
  remove(): void;
}

/** An active fault, with its counters. */
export interface FaultReport {
  readonly id: string;
  readonly fault: Fault;
  /** Matching requests since it was added. */
  readonly seen: number;
  readonly hits: number;
}

/** Scripts failures. */
export interface Faults {
  /**
   * Adds a fault. Each fault counts every request that matches it. Of the faults that are due, the one added first applies to the
   * request.
   * @throws TypeError for an unknown route or an invalid number, and for a fault that has no effect
   */
  add(fault: Fault): FaultHandle;
  /** Removes every fault. */
  clear(): void;
  /** The active faults. */
  list(): FaultReport[];
}

/** The faults of an emulator, including the methods for the server. */
export interface FaultScript extends Faults {
  /** Counts a request, and returns the fault that applies to it. */
  take(request: EmulatorRequest): AppliedFault | undefined;
  /** Removes a fault by its id. False if there is none. */
  remove(id: string): boolean;
}

/** A fault applied to a request. */
export interface AppliedFault extends Fault {
  /** Aborts when the fault is removed. */
  readonly removed: AbortSignal;
}

const FAULT_CHECKS: { readonly [Name in keyof Required<Fault>]: Check } = {
  route: oneOf(...ROUTE_NAMES),
  nth: integer(1),
  times: (value) =>
    value === null || value === Number.POSITIVE_INFINITY || integer(1)(value) === undefined
      ? undefined
      : 'an integer that is at least 1, or null for ever',
  imageId: CHECKS.value.text,
  status: integer(200, 599),
  headers: check('an object of header names and values', isHeaders),
  body: check('a text or an object', isBody),
  delayMs: duration,
  stallAfterBytes: integer(0),
  resetAfterBytes: integer(0),
  readBytesPerSecond: integer(1),
  respondAfterBytes: integer(0),
  expired: onlyTrue,
  hang: onlyTrue,
  closeIdle: onlyTrue,
  afterProcessing: onlyTrue,
};

/** What a fault can do. The other options say when, and with what: a body without a status would never be sent. */
const EFFECTS = [
  ...(['status', 'delayMs', 'stallAfterBytes', 'resetAfterBytes', 'readBytesPerSecond'] as const),
  ...(['respondAfterBytes', 'expired', 'hang', 'closeIdle', 'afterProcessing'] as const),
];

/** A text, or an object that JSON can hold. */
function isBody(value: unknown): boolean {
  if (typeof value === 'string') return true;
  try {
    return typeof value === 'object' && value !== null && typeof JSON.stringify(value) === 'string';
  } catch {
    return false;
  }
}

function isHeaders(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  try {
    return Object.entries(value).every(([name, content]: [string, unknown]) => {
      validateHeaderName(name);
      const lines: readonly unknown[] = Array.isArray(content) ? content : [content];
      for (const line of lines) validateHeaderValue(name, String(line));
      const isText = (line: unknown): boolean => typeof line === 'string' || typeof line === 'number';
      return content === undefined || lines.every(isText);
    });
  } catch {
    return false;
  }
}

/** Creates an empty set of faults. */
export function createFaults(onChange: () => void): FaultScript {
  const entries = new Map<string, Entry>();
  let count = 0;

  function remove(id: string): boolean {
    entries.get(id)?.removal.abort();
    const existed = entries.delete(id);
    onChange();
    return existed;
  }

  function add(fault: Fault): FaultHandle {
    // As a text: an option that is undefined counts as absent, and a fault without a route is wrong.
    assertEmulatorOptions('faults.add()', { ...fault, route: String(fault.route) }, FAULT_CHECKS);
    if (!EFFECTS.some((name) => fault[name] !== undefined))
      throw new TypeError(`faults.add(): the fault has no effect: write one of ${EFFECTS.join(', ')}.`);
    const entry = { fault: Object.freeze({ ...fault }), removal: new AbortController(), seen: 0, hits: 0 };
    count += 1;
    const id = String(count);
    entries.set(id, entry);
    onChange();
    return {
      id,
      get hits() {
        return entry.hits;
      },
      remove: () => void remove(id),
    };
  }

  function take(request: EmulatorRequest): AppliedFault | undefined {
    const matching = [...entries.values()].filter(({ fault }) => matches(fault, request));
    for (const entry of matching) entry.seen += 1;
    const due = matching.find(
      ({ fault: { nth = 1, times = 1 }, seen, hits }) =>
        seen >= nth && hits < (times ?? Number.POSITIVE_INFINITY),
    );
    if (!due) return undefined;
    due.hits += 1;
    return { ...due.fault, removed: due.removal.signal };
  }

  return {
    add,
    take,
    remove,
    clear: () => [...entries.keys()].forEach(remove),
    list: () => [...entries].map(([id, { fault, seen, hits }]) => ({ id, fault, seen, hits })),
  };
}

interface Entry {
  readonly fault: Fault;
  readonly removal: AbortController;
  seen: number;
  hits: number;
}

function matches(fault: Fault, request: EmulatorRequest): boolean {
  return fault.route === request.route && (!fault.imageId || fault.imageId === request.imageId);
}
