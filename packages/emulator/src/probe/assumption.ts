import type { ProbedService } from './probed-service.ts';

/** What a probe is told besides the service. */
export interface ProbeSources {
  /** A public page that is no image. */
  readonly pageUrl: string;
  /** A public URL that redirects to an image; undefined if there is none. */
  readonly redirectUrl: string | undefined;
  /** A client key (`ck_…`); undefined if there is none. */
  readonly clientKey: string | undefined;
  /** How long to wait for READY, in milliseconds. */
  readonly readyTimeoutMs: number;
}

/** What the middleware and the emulator assume about the service, and how to look. */
export interface Assumption {
  /** What it is about. */
  readonly about: string;
  /** What is assumed. */
  readonly assumed: string;
  /** The file that relies on it, from the root of the repository. */
  readonly reliesOn: string;
  /**
   * Looks. Returns what was seen, in the words of `assumed`, and more in parentheses behind them if that helps.
   *
   * @throws NotAsked where it cannot be looked at
   */
  readonly see: (service: ProbedService, sources: ProbeSources) => Promise<string>;
}

/** A status, in the words of the assumptions. */
export const accepted = (status: number): string =>
  status >= 200 && status < 300 ? 'accepted' : `rejected (${status})`;

/** What was seen without its details. */
export const plain = (seen: string): string => seen.replace(/ \(.*\)$/, '');
