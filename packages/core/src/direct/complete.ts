import { ImgwireError, isImgwireError } from '../errors.ts';
import type { ImgwireImage } from '../image/image.ts';
import { failedOver, inRequest, reportFault } from '../logger.ts';
import { publish, startClock } from '../upload/events.ts';
import { isOfAnother, verdict } from './after.ts';
import { Claims } from './claims.ts';
import { type DirectMeans, discardNoted, GRACE_MS } from './means.ts';
import type { NoteState } from './notes.ts';
import { isMeasured, untilMeasured } from './ready.ts';
import type { CompletionRules } from './rules.ts';
import type { Ticket } from './ticket.ts';
import { type Outcome, RESPONSE_MS, type Work } from './work.ts';

/** A verified ticket, and the image that it is for. */
export interface VerifiedUpload<Request> {
  readonly ticket: Ticket;
  readonly imageId: string;
  readonly req: Request;
  readonly log: ((error: Error) => void) | undefined;
}

/** Without notes: how long after its ticket an upload may be stored. The record of one that is PENDING is deleted later. */
const LATEST_MS = GRACE_MS / 4;

/**
 * Completes uploads. In a process each completion runs once at a time, and goes on if its client leaves: the page may have been closed
 * after the last byte.
 */
export class Completions<Request> {
  readonly #means: DirectMeans;
  readonly #rules: Pick<CompletionRules<Request>, 'onStored' | 'onStoredTimeoutMs'>;
  /** In place of notes. */
  readonly claims = new Claims();

  readonly #onOver: (imageId: string) => void;

  /** @param onOver called once an upload is over, also if its client has left */
  constructor(
    means: DirectMeans,
    rules: Pick<CompletionRules<Request>, 'onStored' | 'onStoredTimeoutMs'>,
    onOver: (imageId: string) => void = () => undefined,
  ) {
    this.#means = means;
    this.#rules = rules;
    this.#onOver = onOver;
  }

  /**
   * @throws ImgwireError the verdict on the image, by the codes of a form; `TICKET_EXPIRED`, `COMPLETION_FAILED`,
   *   `UPSTREAM_UNAVAILABLE` if the notes cannot be reached; those of `retrieve`
   */
  async complete(upload: VerifiedUpload<Request>): Promise<Outcome> {
    const { key } = upload.ticket;
    const work = this.#means.lifetime.join(`${key} ${upload.imageId}`, () => this.#start(upload));
    if ((await within(RESPONSE_MS, work.measured)) === LATE) return pending(work.status);
    const { onStoredTimeoutMs = 10_000 } = this.#rules;
    const outcome = await within(onStoredTimeoutMs, work.outcome);
    return outcome === LATE ? pending(work.status) : outcome;
  }

  #start(upload: VerifiedUpload<Request>): Work {
    const image = this.#measured(upload.imageId, (seen) => {
      // The record of another upload: nothing is said of it, and nobody waits for it.
      if (isOfAnother(seen, upload.ticket)) throw new ImgwireError('TICKET_INVALID');
      work.status = seen.status;
    });
    const outcome = image
      .then(async (found) => {
        const outcome = await this.#finish(upload, found);
        if ('image' in outcome) this.#onOver(upload.imageId);
        return outcome;
      })
      .catch((error: unknown) => {
        // It was rejected, or is gone. Other failures leave it open.
        if (isImgwireError(error) && error.status < 500) this.#onOver(upload.imageId);
        publish('imgwire:direct:failed', () => ({ imageId: upload.imageId, error }));
        // Perhaps nobody waits for it any more.
        failedOver(error, inRequest(this.#means.imgwire.logger, Object(upload.req) as object));
        reportFault(error, upload.log);
        throw error;
      });
    outcome.catch(() => undefined);
    const work: Work = { status: 'PENDING', measured: image.catch(() => undefined), outcome };
    return work;
  }

  async #measured(imageId: string, onSeen: (image: ImgwireImage) => void): Promise<ImgwireImage> {
    const { imgwire, lifetime } = this.#means;
    try {
      return await lifetime.wait((ms) => untilMeasured(imgwire, imageId, ms, onSeen));
    } catch (error) {
      if (isImgwireError(error) && error.code === 'IMAGE_NOT_FOUND') throw expired(error);
      throw error;
    }
  }

  async #finish(upload: VerifiedUpload<Request>, image: ImgwireImage): Promise<Outcome> {
    const { ticket } = upload;
    const isReady = image.status === 'READY' && (isMeasured(image) || !ticket.rules.mustKnow);
    if (!isReady && image.status !== 'QUARANTINE') return pending(image.status);
    const durationMs = startClock();
    const rejection = verdict(image, ticket);
    const key = await this.#noteOf(ticket, image.id);
    const state = await this.#begin(key, rejection ? 'reject' : 'store', ticket.expires + GRACE_MS);
    if (state === 'busy') return pending(image.status);
    if (state === 'done') return { image };
    if (state === 'swept') throw expired();
    if (rejection) {
      await this.#end(key, await discardNoted(this.#means, image.id));
      throw rejection;
    }
    if (!this.#means.notes && Date.now() > ticket.expires + LATEST_MS) throw expired();
    const data = await this.#store(upload, image, key);
    publish('imgwire:direct:completed', () => ({ imageId: image.id, durationMs: durationMs() }));
    return data === undefined ? { image } : { image, data };
  }

  async #store(upload: VerifiedUpload<Request>, image: ImgwireImage, key: string): Promise<unknown> {
    const { ticket, req, log } = upload;
    let data: unknown;
    try {
      const file = { field: ticket.field, fileName: image.original_filename };
      data = await this.#rules.onStored?.(image, req, file);
    } catch (error) {
      // One of 5xx is of a call that it made itself, and says nothing of the image.
      if (!isImgwireError(error) || error.status >= 500) {
        await this.#end(key, 'open');
        throw new ImgwireError('COMPLETION_FAILED', { cause: error });
      }
      // Without notes another process may have stored it meanwhile.
      if (this.#means.notes) await this.#end(key, await discardNoted(this.#means, image.id));
      throw error;
    }
    await this.#end(key, 'done');
    const fault = asJsonFault(data);
    if (!fault) return data;
    // It is stored: the browser must not be told otherwise.
    failedOver(fault, inRequest(this.#means.imgwire.logger, Object(req) as object));
    reportFault(fault, log);
    return undefined;
  }

  /**
   * The key of the note. That of an upload with a token is made now: until now nobody knew its image. It names its image from here on,
   * since the sweep asks whether that is stored.
   */
  async #noteOf({ key, token, expires }: Ticket, imageId: string): Promise<string> {
    const { notes } = this.#means;
    if (!notes) return key;
    const own = token === undefined ? key : `${token}:${imageId}`;
    await reach(async () => {
      if (token !== undefined) await notes.issue(own, expires + GRACE_MS - Date.now());
      await notes.created(own, imageId);
    });
    return own;
  }

  async #begin(key: string, arrow: 'store' | 'reject', until: number): Promise<NoteState> {
    const { notes } = this.#means;
    return notes ? reach(() => notes.begin(key, arrow)) : this.claims.begin(key, arrow, until);
  }

  /** What has been done is not taken back: the sweep asks `isStored` about a note that stays `storing`. */
  async #end(key: string, to: 'done' | 'open' | 'struck'): Promise<void> {
    if (to === 'open') this.claims.open(key);
    try {
      await this.#means.notes?.end(key, to);
    } catch (error) {
      this.#means.imgwire.logger?.error?.({ err: error }, 'The note of a direct upload could not be ended');
    }
  }
}

/** @throws ImgwireError `UPSTREAM_UNAVAILABLE` if the notes cannot be reached */
async function reach<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    throw new ImgwireError('UPSTREAM_UNAVAILABLE', { cause });
  }
}

/** What is wrong with data that JSON cannot bear: a BigInt, or a circle. */
function asJsonFault(data: unknown): ImgwireError | undefined {
  try {
    JSON.stringify(data);
    return undefined;
  } catch (cause) {
    const message = 'The image is stored, but what onStored returned cannot be sent as JSON: it is left out.';
    return new ImgwireError('COMPLETION_FAILED', { message, cause });
  }
}

const expired = (cause?: unknown): ImgwireError => new ImgwireError('TICKET_EXPIRED', { cause });
const pending = (status: ImgwireImage['status']): Outcome => ({ pending: true, status, retryAfter: 1 });

const LATE = Symbol('late');
/** A longer timer fires at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Waits for some milliseconds. What is late goes on. */
async function within<T>(ms: number, work: Promise<T>): Promise<T | typeof LATE> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<typeof LATE>((resolve) => {
    timer = setTimeout(resolve, Math.min(ms, LONGEST_TIMER_MS), LATE);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
