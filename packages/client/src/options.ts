/** How far an upload has come: a form with all of its files, a direct upload with each. */
export interface UploadProgress {
  /**
   * `processing` lasts from the last byte that leaves until the response. A PUT that is tried again goes back to `sending`, and
   * `loaded` stands still until it has overtaken the attempt before.
   */
  readonly phase: 'preparing' | 'sending' | 'processing';
  /** Bytes of the files that have left: never more than `total`, never fewer than before. */
  readonly loaded: number;
  readonly total: number;
}

/** Options of `uploadForm()`. */
export interface UploadFormOptions {
  /** The field of the files. @default 'file' in a form, none in a direct upload */
  readonly field?: string | undefined;
  /** Text fields, which the server gets before the files. @default none */
  readonly fields?: Readonly<Record<string, string>> | undefined;
  /** Headers for your server, such as `Authorization`; object storage gets none of them. @default none */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Whether your server gets cookies if its origin is another; object storage gets none. @default 'same-origin' */
  readonly credentials?: 'same-origin' | 'include' | undefined;
  /** Cancels the upload, which then rejects with the code `ABORTED`. @default none */
  readonly signal?: AbortSignal | undefined;
  /** Called at each step. What it throws is reported as uncaught, and stops nothing. */
  readonly onProgress?: ((progress: UploadProgress) => void) | undefined;
}

/** Options of `uploadDirect()`. */
export interface UploadDirectOptions extends Omit<UploadFormOptions, 'onProgress'> {
  /** Called at each step of each file. What it throws is reported as uncaught, and stops nothing. */
  readonly onProgress?: ((progress: UploadProgress, file: File) => void) | undefined;
  /** How often a PUT, or a completion, is tried at most. @default 3 */
  readonly attempts?: number | undefined;
  /** How many files are sent at once. @default 3 */
  readonly concurrency?: number | undefined;
}
