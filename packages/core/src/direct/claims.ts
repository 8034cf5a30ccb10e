import type { NoteState } from './notes.ts';

interface Claim {
  /** How many completions have stored it, or do so now. */
  stored: number;
  readonly until: number;
}

/**
 * What this process has decided on uploads, where there are no notes: nothing that it has stored is deleted, by whatever comes later with
 * the same ticket, and nothing is stored that it deletes.
 */
export class Claims {
  /** By key, the oldest first. */
  readonly #stored = new Map<string, Claim>();
  readonly #deleted = new Map<string, Claim>();

  /** As `begin` of the notes. @param until when nobody asks any more, in milliseconds since 1970 */
  begin(key: string, arrow: 'store' | 'reject', until: number): NoteState {
    if (this.#deleted.has(key)) return 'swept';
    const claim = this.#stored.get(key);
    if (arrow === 'reject') {
      if (claim) return 'done';
      keep(this.#deleted, key, { stored: 0, until });
    } else if (claim) claim.stored += 1;
    else keep(this.#stored, key, { stored: 1, until });
    return 'ours';
  }

  /** What has begun to be stored was not stored. */
  open(key: string): void {
    const claim = this.#stored.get(key);
    if (claim && --claim.stored === 0) this.#stored.delete(key);
  }
}

/** Adds a claim, and forgets those whose time is up. */
function keep(claims: Map<string, Claim>, key: string, claim: Claim): void {
  for (const [oldest, { until }] of claims) {
    if (until > Date.now()) break;
    claims.delete(oldest);
  }
  claims.set(key, claim);
}
