/** What is wrong with one text field of a form. */
export interface FormIssue {
  /** The keys that lead to its value: `['author', 'name']` for `author[name]`. */
  readonly path: ReadonlyArray<string | number>;
  readonly message: string;
}

/** Why an upload has failed. Its message can be shown. */
export class UploadError extends Error {
  override readonly name = 'UploadError';

  /**
   * @param code the server's, such as `LIMIT_FILE_SIZE`; `HTTP_502` and the like for a response without one; or `NETWORK`,
   *   `ABORTED`, `FILE_UNREADABLE`, `INVALID_RESPONSE`, `TICKET_EXPIRED`
   * @param status of the response; 0 if there was none
   * @param retryAfter in seconds, if the server says so
   * @param field the form field of the file that failed
   * @param fileName its name
   * @param issues what is wrong with the text fields of a form (`INVALID_FORM`)
   */
  constructor(
    readonly code: string,
    readonly status: number,
    message: string,
    readonly retryAfter?: number | undefined,
    readonly field?: string | undefined,
    readonly fileName?: string | undefined,
    readonly issues?: readonly FormIssue[] | undefined,
  ) {
    super(message);
  }
}

export const lost = (): UploadError => new UploadError('NETWORK', 0, 'The connection was lost.');
export const aborted = (): UploadError => new UploadError('ABORTED', 0, 'The upload was cancelled.');
export const notReady = (): UploadError =>
  new UploadError('TICKET_EXPIRED', 0, 'The image was not ready in time.');
export const unreadable = (status: number): UploadError =>
  new UploadError('INVALID_RESPONSE', status, 'The response cannot be read.');

/** Problem details (RFC 9457), if that is what was sent. */
export interface Problem {
  readonly code?: string | undefined;
  readonly detail?: string | undefined;
  readonly retryAfter?: number | undefined;
  readonly field?: string | undefined;
  readonly fileName?: string | undefined;
  readonly issues?: readonly FormIssue[] | undefined;
}

/** A failure as the server tells it: problem details (RFC 9457), or the page of a proxy, of which only the status tells. */
export const problem = (
  { code = '', detail = '', retryAfter, field, fileName, issues }: Problem,
  status: number,
  header?: string | null,
): UploadError =>
  new UploadError(
    code || `HTTP_${status}`,
    status,
    detail || `The server responded with ${status}.`,
    Number(retryAfter ?? header) || undefined,
    field,
    fileName,
    issues,
  );
