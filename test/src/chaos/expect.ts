import type { ImgwireErrorCode } from '@imgwire/express';
import { beginsAsImage, isImage } from './body.ts';
import type { RequestPlan } from './plan.ts';
import { LIMITS, READ_AHEAD, VARIANTS } from './servers.ts';

/** Why a request need not end with 200. */
export type Reason =
  | 'empty'
  | 'no-image'
  | 'too-large'
  | 'unexpected-file'
  | 'too-many-files'
  | 'quarantine'
  | 'no-length'
  | 'other-length'
  | 'malformed'
  | 'nameless'
  | 'stall'
  | 'broken-http'
  | 'left'
  | 'left-waiting'
  | 'upstream'
  | 'late';

interface Legal {
  readonly codes: readonly ImgwireErrorCode[];
  /** Whether 200 is legal all the same. */
  readonly ok?: true;
  /** Whether no answer is legal, or one that is not ours: Node's own to what is no HTTP. */
  readonly mute?: true;
}

/** What is legal for which reason; a request with none must be 200, and one with several may be any of theirs. */
const LEGAL: Readonly<Record<Reason, Legal>> = {
  empty: { codes: ['EMPTY_FILE'] },
  'no-image': { codes: ['UNSUPPORTED_IMAGE_TYPE'] },
  'too-large': { codes: ['LIMIT_FILE_SIZE', 'LIMIT_REQUEST_SIZE'] },
  'unexpected-file': { codes: ['LIMIT_UNEXPECTED_FILE'] },
  'too-many-files': { codes: ['LIMIT_FILE_COUNT'] },
  quarantine: { codes: ['IMAGE_QUARANTINED'] },
  'no-length': { codes: ['LENGTH_REQUIRED'] },
  'other-length': { codes: ['LENGTH_REQUIRED'] },
  malformed: { codes: ['MALFORMED_MULTIPART'] },
  nameless: { codes: ['MISSING_FIELD_NAME'] },
  stall: { codes: ['CLIENT_STALLED'] },
  'broken-http': { codes: ['CLIENT_ABORTED', 'MALFORMED_MULTIPART'], mute: true },
  left: { codes: ['CLIENT_ABORTED', 'CLIENT_STALLED'], mute: true },
  'left-waiting': { codes: ['CLIENT_ABORTED'], ok: true, mute: true },
  upstream: {
    codes: ['UPSTREAM_REJECTED', 'UPSTREAM_UNAVAILABLE', 'UPSTREAM_TIMEOUT', 'IMAGE_NOT_READY'],
    ok: true,
  },
  late: { codes: ['CLIENT_STALLED', 'UPSTREAM_TIMEOUT', 'IMAGE_NOT_READY'], ok: true },
};

/** What may become of a request. */
export interface Expectation {
  readonly reasons: readonly Reason[];
  readonly codes: ReadonlySet<string>;
  readonly ok: boolean;
  readonly mute: boolean;
}

/**
 * @param around `upstream`: a fault struck a call that was made for the request, and it was one that can fail it; `late`:
 *   the machine was too busy for the deadlines
 */
export function expectationOf(
  plan: RequestPlan,
  variant: number,
  around: { readonly upstream: boolean; readonly late: boolean },
): Expectation {
  const reasons = [
    ...reasonsOf(plan, variant),
    ...(['upstream', 'late'] as const).filter((reason) => around[reason]),
  ];
  const legal = reasons.map((reason) => LEGAL[reason]);
  return {
    reasons,
    codes: new Set(legal.flatMap(({ codes }) => codes)),
    ok: legal.every(({ ok }) => ok),
    mute: legal.some(({ mute }) => mute),
  };
}

function reasonsOf(plan: RequestPlan, variant: number): Reason[] {
  const { trouble, files } = plan;
  const shape = trouble.kind === 'shape' ? trouble.shape : undefined;
  // Of these not a single part is understood.
  if (shape === 'no-form') return [];
  if (shape === 'noise' || shape === 'other-boundary') return ['malformed'];
  const rules: { readonly replay?: boolean; readonly waitUntilReady?: number } =
    VARIANTS[variant]?.rules ?? {};
  const holds: Readonly<Record<Reason, boolean>> = {
    empty: files.some(({ size }) => size === 0),
    'no-image': files.some((file) => file.size > 0 && !beginsAsImage(file)),
    'too-large': files.some(({ size }) => size > LIMITS.fileSize),
    'unexpected-file': hasUnexpected(plan),
    'too-many-files': files.length > LIMITS.files,
    quarantine:
      rules.waitUntilReady !== undefined && files.some((file) => beginsAsImage(file) && !isImage(file)),
    'no-length': rules.replay === false && plan.chunked && files.some(isLong),
    'other-length': rules.replay === false && !plan.chunked && hasOtherLength(plan),
    malformed: shape === 'cut' || shape === 'broken-header',
    nameless: shape === 'nameless',
    stall: trouble.kind === 'stall' || (trouble.kind === 'false-length' && trouble.by > 0),
    'broken-http': trouble.kind === 'bad-chunk' || (trouble.kind === 'false-length' && trouble.by < 0),
    left: trouble.kind === 'leave',
    'left-waiting': trouble.kind === 'leave-waiting',
    upstream: false,
    late: false,
  };
  return (Object.keys(holds) as Reason[]).filter((reason) => holds[reason]);
}

const isLong = ({ size }: { readonly size: number }): boolean => size > READ_AHEAD;

/** Whether a file is not as long as it would be as the last part of a form that ends as usual. */
function hasOtherLength({ files, fields, trouble }: RequestPlan): boolean {
  const last = files.reduce<number>((found, file, index) => {
    const at = Math.min(file.after, fields.length);
    const best = files[found];
    return !best || at >= Math.min(best.after, fields.length) ? index : found;
  }, -1);
  const usual =
    trouble.kind !== 'false-length' && !(trouble.kind === 'shape' && trouble.shape !== 'preamble');
  return files.some(
    (file, index) => isLong(file) && !(usual && index === last && file.after >= fields.length),
  );
}

const MOST: Readonly<Record<RequestPlan['path'], Readonly<Record<string, number>> | undefined>> = {
  '/single': { avatar: 1 },
  '/fields': { avatar: 1, photos: 3 },
  '/any': undefined,
};

function hasUnexpected({ path, files }: RequestPlan): boolean {
  const most = MOST[path];
  if (!most) return false;
  return files.some(({ field }) => files.filter((file) => file.field === field).length > (most[field] ?? 0));
}
