/** One upload, two completions in any processes, and the sweep: what a step of any of them sees and changes. */
interface State {
  record: 'PENDING' | 'READY' | 'gone';
  /** Whether the browser can still PUT, and whether the bytes are there. */
  canPut: boolean;
  arrived: boolean;
  /** Whether the ticket has expired, and whether the note's time is up. */
  expired: boolean;
  due: boolean;
  note: 'open' | 'storing' | 'doubted' | 'done' | 'sweeping' | 'struck';
  /** Which completion holds the lease of the note: 0 if none does any more. */
  owner: 0 | 1 | 2;
  completions: [Step, Step];
  sweep: 'idle' | 'claimed' | 'over';
  /** Whether the application has the image, and whether it has it although its record is gone. */
  row: boolean;
  lost: boolean;
  inDoubt: boolean;
  kills: number;
}

type Step = 'idle' | 'asked' | 'begins' | 'stores' | 'stored' | 'threw' | 'over';

/** What is left out of the design, to see that it is needed. */
export interface Variant {
  /** Whether the sweep can ask the application. */
  readonly isStored?: boolean;
  /**
   * `sweep`: it takes a note without looking at its state. `throw`: a completion whose `onStored` throws deletes the record. `begin`: a
   * completion takes a note that another has. `doubt`: what a killed completion may have stored is forgotten when the next one throws.
   */
  readonly broken?: 'sweep' | 'throw' | 'begin' | 'doubt';
}

/** What can become of an upload, over all orders of the steps. */
export interface Outcomes {
  readonly states: number;
  /** The shortest way to an image that the application has, and the service has not. */
  readonly lost: readonly string[] | undefined;
  /** The shortest way to an image that nobody has, and nobody looks at again. */
  readonly left: readonly string[] | undefined;
  /** In how many ends an image is kept because its completion was killed. */
  readonly inDoubt: number;
}

const MOST_KILLS = 2;
const START: State = {
  ...{ record: 'PENDING', canPut: true, arrived: false, expired: false, due: false, note: 'open', owner: 0 },
  ...{ completions: ['idle', 'idle'], sweep: 'idle', row: false, lost: false, inDoubt: false, kills: 0 },
};

type Next = [name: string, state: State];

/** Goes through all orders of the steps. */
export function explore(variant: Variant): Outcomes {
  const seen = new Set<string>();
  let lost: readonly string[] | undefined;
  let left: readonly string[] | undefined;
  let inDoubt = 0;
  const open: [State, readonly string[]][] = [[START, []]];
  const shorter = (known: readonly string[] | undefined, path: readonly string[]): readonly string[] =>
    known && known.length <= path.length ? known : path;
  for (let current = open.pop(); current; current = open.pop()) {
    const [state, path] = current;
    const key = JSON.stringify(state);
    if (seen.has(key)) continue;
    seen.add(key);
    if (state.lost) lost = shorter(lost, path);
    const next = [
      ...world(state),
      ...completion(state, 0, variant),
      ...completion(state, 1, variant),
      ...sweep(state, variant),
    ];
    for (const [name, after] of next) open.push([after, [...path, name]]);
    if (next.length > 0 || state.record === 'gone' || state.row) continue;
    if (state.inDoubt) inDoubt += 1;
    else left = shorter(left, path);
  }
  return { states: seen.size, lost, left, inDoubt };
}

const step = (state: State, name: string, change: (next: State) => void): Next => {
  const next = structuredClone(state);
  change(next);
  return [name, next];
};

function deleteRecord(state: State): void {
  state.record = 'gone';
  state.lost ||= state.row;
}

function world(state: State): Next[] {
  const next: Next[] = [];
  const { canPut, record, arrived, expired, due } = state;
  if (canPut && record === 'PENDING')
    next.push(
      step(state, 'PUT', (n) => {
        n.canPut = false;
        n.arrived = true;
      }),
    );
  if (arrived && record === 'PENDING')
    next.push(
      step(state, 'READY', (n) => {
        n.record = 'READY';
      }),
    );
  if (!expired)
    next.push(
      step(state, 'expires', (n) => {
        n.expired = true;
      }),
    );
  if (expired && !due)
    next.push(
      step(state, 'is due', (n) => {
        n.due = true;
      }),
    );
  return next;
}

function completion(state: State, at: 0 | 1, { broken }: Variant): Next[] {
  const now = state.completions[at];
  const self = at === 0 ? 1 : 2;
  const go = (what: string, to: Step, change: (next: State) => void = () => undefined): Next =>
    step(state, `completion ${self} ${what}`, (n) => {
      n.completions[at] = to;
      change(n);
    });
  const next: Next[] = [];
  if (now !== 'idle' && now !== 'over' && state.kills < MOST_KILLS) {
    next.push(
      go('is killed', 'over', (n) => {
        n.kills += 1;
        if (n.owner === self) n.owner = 0;
      }),
    );
  }
  const isReady = state.record === 'READY';
  if (now === 'idle') next.push(state.expired ? go('is 410', 'over') : go('asks', 'asked'));
  if (now === 'asked') next.push(isReady ? go('finds it READY', 'begins') : go('is pending', 'over'));
  if (now === 'begins') {
    const isOver = (state.note === 'storing' || state.note === 'doubted') && state.owner === 0;
    const isFree = state.note === 'open' || isOver;
    next.push(
      isFree || broken === 'begin'
        ? go('takes the note', 'stores', (n) => {
            n.note = isOver && broken !== 'doubt' ? 'doubted' : 'storing';
            n.owner = self;
          })
        : go('is too late', 'over'),
    );
  }
  if (now === 'stores') {
    next.push(
      go('stores', 'stored', (n) => {
        n.row = true;
        n.lost ||= n.record === 'gone';
      }),
      go('throws', 'threw'),
    );
  }
  const end =
    (note: State['note']): ((next: State) => void) =>
    (n) => {
      if (n.owner !== self) return;
      // Perhaps the one that was killed has stored it.
      if (note !== 'open' || n.note !== 'doubted') n.note = note;
      n.owner = 0;
    };
  if (now === 'stored') next.push(go('ends', 'over', end('done')));
  if (now === 'threw') next.push(go('ends', 'over', broken === 'throw' ? deleteRecord : end('open')));
  return next;
}

function sweep(state: State, { isStored, broken }: Variant): Next[] {
  const go = (what: string, change: (next: State) => void): Next => step(state, `sweep ${what}`, change);
  const { note, owner } = state;
  if (state.sweep === 'idle' && state.due) {
    if (note === 'open' || note === 'sweeping' || (broken === 'sweep' && note !== 'struck'))
      return [
        go('claims', (n) => {
          n.note = 'sweeping';
          n.sweep = 'claimed';
        }),
      ];
    if (note === 'done')
      return [
        go('strikes', (n) => {
          n.note = 'struck';
          n.sweep = 'over';
        }),
      ];
    // The lease is over.
    if ((note === 'storing' || note === 'doubted') && owner === 0)
      return [
        go('is in doubt', (n) => {
          n.sweep = isStored && !n.row ? 'claimed' : 'over';
          n.note = n.sweep === 'claimed' ? 'sweeping' : 'struck';
          n.inDoubt = !isStored && !n.row;
        }),
      ];
  }
  if (state.sweep !== 'claimed') return [];
  const deleted = go('deletes', (n) => {
    deleteRecord(n);
    n.note = 'struck';
    n.sweep = 'over';
  });
  if (state.kills === MOST_KILLS) return [deleted];
  const killed = go('is killed', (n) => {
    n.kills += 1;
    n.sweep = 'idle';
  });
  return [deleted, killed];
}
