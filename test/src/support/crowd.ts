/** Clients that send slowly, all at once. */
export interface SlowClients {
  readonly count: number;
  /** Sizes of their files, bytes: evenly between both. */
  readonly least: number;
  readonly most: number;
  /** What each sends at once, bytes of its file. */
  readonly atOnce: number;
  /** In what time each sends the rest, at an even pace, milliseconds. */
  readonly ms: number;
  /** When each sends its end: at its time, or all of them when the fast ones are answered, or never. */
  readonly end: 'in time' | 'last' | 'never';
}

/** Clients that send at once what they have. */
export interface FastClients {
  readonly count: number;
  readonly bytes: number;
  /** They come evenly over this time, milliseconds. */
  readonly ms: number;
}

/** A crowd of clients, for `children/crowd-clients.ts`. */
export interface Crowd {
  readonly slow: SlowClients;
  readonly fast: readonly FastClients[];
  /** When the fast ones begin, milliseconds after the slow ones. */
  readonly fastAfterMs: number;
}

/** What `children/crowd-clients.ts` is to do. */
export interface CrowdTask {
  /** The server's, without a path. */
  readonly url: string;
  /** @default '/single' */
  readonly path?: string;
  /** Of the file. @default 'avatar' */
  readonly field?: string;
  readonly crowd: Crowd;
}

/** How clients of one kind fared. */
export interface Fared {
  readonly stored: number;
  /** Statuses of those that were not, and the codes of broken connections. */
  readonly refused: Readonly<Record<string, number>>;
  /** Of those that were stored, milliseconds. */
  readonly p50: number;
  readonly p99: number;
}

/** What the crowd prints when it is done. */
export interface CrowdReport {
  readonly slow: Fared;
  readonly fast: readonly Fared[];
  /** How many of the slow ones were still sending when the last fast one was answered. */
  readonly sending: number;
}
