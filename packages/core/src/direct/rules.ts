import { ENDPOINT_CHECKS, type EndpointRules } from '../adapters/guarded-endpoint.ts';
import type { ImgwireImage } from '../image/image.ts';
import { callback, listOf, misplaced, positive, shape, withMethods } from '../options/checks.ts';
import type { Check } from '../options/option-problem.ts';
import { RULE_CHECKS } from '../rules/check-rules.ts';
import type { UploadRules } from '../rules/rules.ts';
import type { DirectNotes } from './notes.ts';

/** A file that was uploaded directly, as its browser named it. */
export interface DirectFile {
  /** The form field; empty for an upload with a token. */
  readonly field: string;
  /** The client's name of the file. */
  readonly fileName: string;
}

/** How an upload that went past the server is completed. */
export interface CompletionRules<Request> {
  /**
   * Returns who uploads, such as the id of the user: a ticket is worth nothing to anyone else. `null` lets anyone who has a ticket
   * complete it.
   */
  readonly subject: ((req: Request) => string | Promise<string>) | null;
  /**
   * Called when the image is READY and the service's measures keep the rules: store its id here. What it returns is sent to the
   * browser as JSON. It may be called again for an image, so write it as an upsert by `image.id`. If it throws, its own effects must
   * be undone: the browser may try again. An `ImgwireError` of 4xx rejects the image, and deletes it where there are `notes`.
   * @default nothing is called
   */
  readonly onStored?: ((image: ImgwireImage, req: Request, file: DirectFile) => unknown) | undefined;
  /** How long a completion waits for `onStored`, in milliseconds. Then the response is 202, and the browser asks again. @default 10_000 */
  readonly onStoredTimeoutMs?: number | undefined;
  /** How long an upload may take, in milliseconds, from one minute to an hour. @default 900_000 (15 minutes) */
  readonly ticketTtlMs?: number | undefined;
  /**
   * Signs the tickets: at least 32 characters, the same in every process. To replace it give both, the new one first.
   * @default the environment's IMGWIRE_TICKET_SECRET, or else the API key
   */
  readonly ticketSecret?: string | readonly string[] | undefined;
  /**
   * Notes of the uploads in flight, such as `rollbackQueue().direct` of `@imgwire/bullmq`. With them nothing is left behind, whatever
   * process is killed. @default none: what is still PENDING is deleted by the process that created it, if that lives
   */
  readonly notes?: DirectNotes | undefined;
}

/** Rules of a form that read the bytes, which do not pass the server in a direct upload. */
type NeedsBytes = 'hashAlgorithm' | 'scan' | 'scanTimeoutMs';

/**
 * Which files a browser may upload directly, by the rules of a form. What is only about the bytes on their way (`replay`,
 * `readAheadBytes`, `stallTimeoutMs`, `minBytesPerSecond`, `discardOnError`, `waitUntilReady`) has no effect.
 */
export interface DirectUploadRules<Request>
  extends Omit<UploadRules<Request>, 'authorize' | 'form' | 'onFileError' | NeedsBytes>,
    EndpointRules<Request>,
    CompletionRules<Request> {
  /** Most uploads of one subject at once, in this process. It does not count where `subject` is null. @default 20 */
  readonly maxPending?: number | undefined;
}

/** Who gets an upload token. */
export interface UploadTokenRules<Request>
  extends EndpointRules<Request>,
    Omit<CompletionRules<Request>, 'subject'> {
  /**
   * As for direct uploads. With it the endpoint also issues a ticket, and completes the upload: see `onStored`.
   * @default uploads are not completed
   */
  readonly subject?: CompletionRules<Request>['subject'] | undefined;
  /**
   * Called for each token before it is sent, for an audit log; without the token itself. A token that cannot be audited is
   * not sent: if this fails the response is 503.
   */
  readonly onIssued?: ((issued: IssuedToken<Request>) => void | Promise<void>) | undefined;
  /**
   * Rules for the image, judged when its upload is completed: one that breaks them is deleted. They need `subject`, as `onStored`
   * does. An upload that its browser does not complete cannot be found, and stays. @default those of a form without rules
   */
  readonly rules?: TokenImageRules | undefined;
}

/** What can be judged of an image that was uploaded with a token. */
export type TokenImageRules = Pick<UploadRules<never>, 'accept' | 'maxPixels' | 'minWidth' | 'minHeight'> & {
  readonly limits?: { readonly fileSize?: number | undefined } | undefined;
};

/** An issued token. */
export interface IssuedToken<Request> {
  readonly id: string;
  /** RFC 3339. */
  readonly expiresAt: string;
  readonly req: Request;
}

/** One secret. Shorter ones can be guessed from a ticket. */
export const ticketSecret: Check = (value) =>
  typeof value === 'string' && value.length >= 32
    ? undefined
    : 'at least 32 characters, such as `openssl rand -base64 32` prints';
const MINUTE = 60_000;

/** The checks of {@link CompletionRules}. */
const COMPLETION_CHECKS: Readonly<Record<keyof CompletionRules<unknown>, Check>> = {
  subject: (value) =>
    value === null || typeof value === 'function'
      ? undefined
      : 'a function that returns who uploads, or null for anyone',
  onStored: callback,
  onStoredTimeoutMs: positive,
  ticketTtlMs: (value) =>
    Number.isInteger(value) && Number(value) >= MINUTE && Number(value) <= 60 * MINUTE
      ? undefined
      : 'an integer from 60000 to 3600000, in milliseconds',
  ticketSecret: (value) => (Array.isArray(value) ? listOf(ticketSecret)(value) : ticketSecret(value)),
  notes: withMethods('issue', 'created', 'begin', 'end'),
};

const needsBytes = misplaced('it needs the bytes, which do not pass the server: use a form');

/** The checks of {@link DirectUploadRules}. */
export const DIRECT_CHECKS: Readonly<
  Record<keyof DirectUploadRules<unknown> | 'form' | 'onFileError' | NeedsBytes, Check>
> = {
  ...RULE_CHECKS,
  ...ENDPOINT_CHECKS,
  ...COMPLETION_CHECKS,
  maxPending: positive,
  form: misplaced(
    'it belongs to imgwireUpload(): validate `file.fields` in `metadata`, and throw what rejects them',
  ),
  hashAlgorithm: needsBytes,
  onFileError: misplaced('it belongs to forms: call uploadDirect() once for each file'),
  scan: needsBytes,
  scanTimeoutMs: needsBytes,
};

const { limits, accept, maxPixels, minWidth, minHeight } = RULE_CHECKS;

/** The checks of {@link UploadTokenRules}. */
export const TOKEN_CHECKS: Readonly<Record<keyof UploadTokenRules<unknown> | 'form', Check>> = {
  ...ENDPOINT_CHECKS,
  ...COMPLETION_CHECKS,
  form: misplaced('it belongs to imgwireUpload(): an upload with a token has no text fields'),
  onIssued: callback,
  rules: shape({ limits, accept, maxPixels, minWidth, minHeight }),
};

/** The rules of a form among those of a direct upload. */
export const formRules = <Request>(rules: DirectUploadRules<Request>): UploadRules<Request> =>
  Object.fromEntries(Object.entries(rules).filter(([name]) => Object.hasOwn(RULE_CHECKS, name)));

/** The options that need a `subject`: all of those that complete an upload. */
type Completing = Partial<Record<'subject' | 'onStored' | 'rules' | 'notes', unknown>>;

/**
 * Checks that uploads can be completed: without `subject` a ticket would be anyone's. Its types require it; JavaScript does not.
 *
 * @param isNeeded of a token endpoint only if it completes uploads @default true
 * @throws TypeError that says what to write
 */
export function assertSubject(caller: string, { subject }: Completing, isNeeded = true): void {
  if (subject !== undefined || !isNeeded) return;
  throw new TypeError(
    `${caller}: option "subject" is required: write subject: (req) => the id of the user, or subject: null for anyone.`,
  );
}

/** Checks the options of a token endpoint. @throws TypeError for those that complete uploads, without `subject` */
export function assertTokenSubject(caller: string, rules: Completing): void {
  const { onStored, rules: ofImage, notes } = rules;
  assertSubject(
    caller,
    rules,
    [onStored, ofImage, notes].some((given) => given !== undefined),
  );
}
