import type { Emulator, EmulatorRequest, Fault, FaultHandle } from '@imgwire/emulator';
import fc from 'fast-check';

/** A fault to be, as data. */
export interface FaultPlan {
  readonly kind: string;
  /** Whether a request that it strikes can fail of it. */
  readonly harmful: boolean;
  readonly fault: Fault;
  /** When it is removed again, milliseconds after it has struck. */
  readonly liftMs?: number;
}

const ROUTES = ['create', 'put', 'retrieve', 'delete'] as const;
const int = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min, max });
const kind = (
  name: string,
  routes: readonly Fault['route'][],
  what: fc.Arbitrary<Partial<Fault>>,
  harmful = true,
  liftMs?: fc.Arbitrary<number>,
): fc.Arbitrary<FaultPlan> =>
  fc
    .record({
      route: fc.constantFrom(...routes),
      nth: int(1, 120),
      times: fc.constantFrom(1, 1, 2, 4),
      what,
      liftMs: liftMs ?? fc.constant(undefined),
    })
    .map(({ what: more, liftMs: lift, ...rest }) => ({
      ...{ kind: name, harmful, fault: { ...rest, ...more } },
      ...(lift !== undefined && { liftMs: lift }),
    }));

const retryAfter = fc.constantFrom(
  {},
  {},
  { headers: { 'retry-after': '0' } },
  { headers: { 'retry-after': '1' } },
  { headers: { 'retry-after': '60' } },
);
const page = fc.constantFrom(
  {},
  {},
  { body: '<html><h1>Bad Gateway</h1></html>' },
  { body: '{"detail": "tru' },
);

/**
 * What can go wrong at the service. It never lies: no success without the deed, and no refusal after it; nobody could make
 * up for that.
 */
const fault: fc.Arbitrary<FaultPlan> = fc.oneof(
  {
    weight: 8,
    arbitrary: kind(
      'status',
      ROUTES,
      fc
        .tuple(fc.constantFrom(500, 503, 429, 403, 409, 422), retryAfter, page)
        .map(([status, ...more]) => ({ status, ...more[0], ...more[1] })),
    ),
  },
  { weight: 3, arbitrary: kind('lost answer', ROUTES, fc.constant({ afterProcessing: true })) },
  {
    weight: 2,
    arbitrary: kind(
      'replaced answer',
      ROUTES,
      fc.constantFrom(500, 503).map((status) => ({ afterProcessing: true, status })),
    ),
  },
  {
    weight: 3,
    arbitrary: kind(
      'reset',
      ROUTES,
      int(0, 600_000).map((resetAfterBytes) => ({ resetAfterBytes })),
    ),
  },
  {
    weight: 2,
    arbitrary: kind(
      'delay',
      ROUTES,
      int(1, 600).map((delayMs) => ({ delayMs })),
      false,
    ),
  },
  {
    weight: 2,
    arbitrary: kind(
      'slow read',
      ['put'],
      int(1, 20).map((mb) => ({ readBytesPerSecond: mb * 1_000_000 })),
      false,
    ),
  },
  {
    weight: 2,
    arbitrary: kind(
      'stall',
      ['put'],
      int(0, 400_000).map((stallAfterBytes) => ({ stallAfterBytes })),
      false,
      int(50, 800),
    ),
  },
  {
    weight: 2,
    arbitrary: kind(
      'early answer',
      ['put'],
      fc.record({ respondAfterBytes: int(0, 300_000), status: fc.constantFrom(403, 413, 503) }),
    ),
  },
  { weight: 1, arbitrary: kind('expired', ['put'], fc.constant({ expired: true })) },
  { weight: 1, arbitrary: kind('hang', ROUTES, fc.constant({ hang: true, times: 1 })) },
  { weight: 2, arbitrary: kind('idle close', ROUTES, fc.constant({ closeIdle: true }), false) },
  {
    weight: 2,
    arbitrary: kind(
      'garbage',
      ['create', 'retrieve'],
      fc.constantFrom(
        { status: 200, body: '{"image": {"id"' },
        { status: 200, body: '<html></html>' },
        { status: 200, body: {} },
      ),
    ),
  },
);

/** The faults of a round. The same seed gives the same faults. */
export const planFaults = (seed: number): readonly FaultPlan[] =>
  fc.sample(fc.array(fault, { minLength: 12, maxLength: 48, size: 'max' }), { seed, numRuns: 1 })[0] ?? [];

/** A script of faults in force. */
export interface FaultWatch {
  /** What struck each request. */
  readonly struck: ReadonlyMap<EmulatorRequest, FaultPlan>;
  /** Removes every fault. */
  end(): Promise<void>;
}

/**
 * Puts the faults in force and notes whom they strike. The emulator announces a request before a fault can strike it, so
 * what has struck since the announcement before struck the request of that one.
 */
export function watchFaults(emulator: Emulator, plans: readonly FaultPlan[]): FaultWatch {
  const faults = plans.map((plan) => ({ plan, handle: emulator.faults.add(plan.fault), hits: 0 }));
  const struck = new Map<EmulatorRequest, FaultPlan>();
  const timers = new Set<NodeJS.Timeout>();
  let last: EmulatorRequest | undefined;
  let ended = false;
  const look = (): boolean => {
    for (const entry of faults) {
      if (entry.handle.hits === entry.hits) continue;
      entry.hits = entry.handle.hits;
      if (last) struck.set(last, entry.plan);
      if (entry.plan.liftMs !== undefined) timers.add(setTimeout(lift, entry.plan.liftMs, entry.handle));
    }
    last = emulator.requests.at(-1);
    return ended;
  };
  const lift = (handle: FaultHandle): void => handle.remove();
  const watching = emulator.waitFor(look, { timeoutMs: 2 ** 31 - 1, description: 'the end of the round' });
  return {
    struck,
    end: async () => {
      ended = true;
      // The change that lets the watch look once more.
      emulator.faults.add({ route: 'unknown', delayMs: 0 });
      emulator.faults.clear();
      await watching;
      for (const timer of timers) clearTimeout(timer);
    },
  };
}
