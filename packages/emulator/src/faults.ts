import { type OutgoingHttpHeaders, validateHeaderName, validateHeaderValue } from 'node:http';
import { atLeast, type Check, checkProperties, duration, oneOf, onlyTrue, text, whole } from './check.ts';
import type { EmulatorRequest } from './request-log.ts';
import { ROUTE_NAMES, type RouteName } from './route-names.ts';

/** One thing that goes wrong, and for which requests. */
export interface Fault {
  readonly route: RouteName;
  /** First matching request that it may strike, counted from 1 since the fault was added. @default 1 */
  readonly nth?: number;
  /** How many requests it strikes; null is for ever, and so is Infinity, which JSON writes as null. @default 1 */
  readonly times?: number | null;
  /** Only requests about this image. */
  readonly imageId?: string;
  /** Answer with this status instead of doing what was asked; the body of the request is read first. */
  readonly status?: number;
  /** Headers of that answer, Retry-After for one. */
  readonly headers?: OutgoingHttpHeaders;
  /** Body of that answer: text goes out as it is (HTML, truncated JSON), an object as JSON. */
  readonly body?: string | object;
  /** Wait before anything else. */
  readonly delayMs?: number;
  /**
   * Read so many bytes of the body, then no more until the fault is removed; then go on as if nothing had
   * been.
   * While nothing is read, TCP does not say that the client has left either: remove the fault to see that.
   */
  readonly stallAfterBytes?: number;
  /** Read so many bytes of the body, then reset the connection. */
  readonly resetAfterBytes?: number;
  /** Read the body no faster than this. */
  readonly readBytesPerSecond?: number;
  /** Answer with `status` (403 if there is none) after so many bytes, while the rest still flows. */
  readonly answerAfterBytes?: number;
  /** Treat the presigned URL or the upload token as expired. */
  readonly expired?: true;
  /** Read the body, do nothing, and never answer. */
  readonly hang?: true;
  /** Answer well, then drop the idle connection without a word, as proxies do. */
  readonly closeIdle?: true;
  /**
   * Do what was asked, then lose the answer: reset the connection, or answer with `status` if there is one.
   */
  readonly afterwards?: true;
}

/** The grip on a fault that was added. */
export interface FaultHandle {
  readonly id: string;
  /** Requests that it has struck so far. */
  readonly hits: number;
  /** Takes the fault out of force; requests that it has stalled go on. */
  remove(): void;
}

/** A fault in force, with its counters. */
export interface FaultReport {
  readonly id: string;
  readonly fault: Fault;
  /** Matching requests since it was added. */
  readonly seen: number;
  readonly hits: number;
}

/** Scripts what goes wrong. */
export interface Faults {
  /**
   * Adds a fault. Each fault counts every request that matches it; a request is struck by the first fault,
   * in the order
   * they were added, whose turn it is.
   * @throws TypeError when the fault names no known route, or a number makes no sense
   */
  add(fault: Fault): FaultHandle;
  /** Takes every fault out of force. */
  clear(): void;
  /** The faults in force. */
  list(): FaultReport[];
}

/** The faults of an emulator, with the side that only the server uses. */
export interface FaultScript extends Faults {
  /** Counts a request that has arrived, and says what is in store for it. */
  take(request: EmulatorRequest): StruckFault | undefined;
  /** Removes a fault by its id; false when there is none. */
  remove(id: string): boolean;
}

/** A fault that has struck a request. */
export interface StruckFault extends Fault {
  /** Aborts when the fault is removed. */
  readonly lifted: AbortSignal;
}

const CHECKS: { readonly [Name in keyof Required<Fault>]: Check } = {
  route: oneOf(...ROUTE_NAMES),
  nth: atLeast(1),
  times: [
    (value) => value === null || value === Number.POSITIVE_INFINITY || atLeast(1)[0](value),
    `${atLeast(1)[1]}, or null for ever`,
  ],
  imageId: text,
  status: whole(200, 599),
  headers: [isHeaders, 'an object of header names and values'],
  body: [
    (value) => typeof value === 'string' || (typeof value === 'object' && value !== null),
    'a text or an object',
  ],
  delayMs: duration,
  stallAfterBytes: atLeast(0),
  resetAfterBytes: atLeast(0),
  readBytesPerSecond: atLeast(1),
  answerAfterBytes: atLeast(0),
  expired: onlyTrue,
  hang: onlyTrue,
  closeIdle: onlyTrue,
  afterwards: onlyTrue,
};

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

/** Creates an empty script of faults. */
export function createFaults(onChange: () => void): FaultScript {
  const entries = new Map<string, Entry>();
  let count = 0;

  function remove(id: string): boolean {
    entries.get(id)?.lift.abort();
    const existed = entries.delete(id);
    onChange();
    return existed;
  }

  function add(fault: Fault): FaultHandle {
    // As a text, so that a missing route is a wrong name, too, and not one that is left out.
    checkProperties('faults.add', { ...fault, route: String(fault.route) }, CHECKS);
    const entry = { fault: Object.freeze({ ...fault }), lift: new AbortController(), seen: 0, hits: 0 };
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

  function take(request: EmulatorRequest): StruckFault | undefined {
    const matching = [...entries.values()].filter(({ fault }) => matches(fault, request));
    for (const entry of matching) entry.seen += 1;
    const due = matching.find(
      ({ fault: { nth = 1, times = 1 }, seen, hits }) =>
        seen >= nth && hits < (times ?? Number.POSITIVE_INFINITY),
    );
    if (!due) return undefined;
    due.hits += 1;
    return { ...due.fault, lifted: due.lift.signal };
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
  readonly lift: AbortController;
  seen: number;
  hits: number;
}

function matches(fault: Fault, request: EmulatorRequest): boolean {
  return fault.route === request.route && (!fault.imageId || fault.imageId === request.imageId);
}
