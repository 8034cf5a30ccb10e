import { ImgwireError } from '../errors.ts';

/** An upload that this process has begun, and that is not over. */
interface OpenUpload {
  readonly subject: string | null;
  readonly timer: NodeJS.Timeout;
}

/**
 * The uploads that this process has begun: it counts those of each subject, and looks at each when its time is up. The timers keep no
 * process alive.
 */
export class OpenUploads {
  readonly #uploads = new Map<string, OpenUpload>();
  readonly #counts = new Map<string, number>();
  readonly #most: number;
  readonly #onTimeUp: (imageId: string) => void;

  /**
   * @param most uploads of one subject
   * @param onTimeUp called for an upload that was not removed in time
   */
  constructor(most: number, onTimeUp: (imageId: string) => void) {
    this.#most = most;
    this.#onTimeUp = onTimeUp;
  }

  /** @throws ImgwireError `RATE_LIMITED` if the subject would have too many */
  assertRoom(subject: string | null, files: number): void {
    if (subject === null || (this.#counts.get(subject) ?? 0) + files <= this.#most) return;
    throw new ImgwireError('RATE_LIMITED', {
      message: 'Too many uploads of yours are not complete. Try again later.',
      retryAfter: 60,
    });
  }

  add(imageId: string, subject: string | null, ms: number): void {
    const timer = setTimeout(() => {
      this.remove(imageId);
      this.#onTimeUp(imageId);
    }, ms);
    // A number in other runtimes.
    (timer as Partial<NodeJS.Timeout>).unref?.();
    this.#uploads.set(imageId, { subject, timer });
    if (subject !== null) this.#counts.set(subject, (this.#counts.get(subject) ?? 0) + 1);
  }

  /** Of an upload that is over, or that another process has begun. */
  remove(imageId: string): void {
    const upload = this.#uploads.get(imageId);
    if (!upload) return;
    this.#uploads.delete(imageId);
    clearTimeout(upload.timer);
    const { subject } = upload;
    if (subject === null) return;
    const left = (this.#counts.get(subject) ?? 1) - 1;
    if (left > 0) this.#counts.set(subject, left);
    else this.#counts.delete(subject);
  }
}
