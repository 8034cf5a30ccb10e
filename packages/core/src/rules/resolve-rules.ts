import { canonicalImageType, IMAGE_TYPES, type ImageType } from '../inspect/inspect.ts';
import { definedOf } from '../options/defined-of.ts';
import { assertOptions } from '../options/validate.ts';
import { BODY_CHECKS } from './check-body-rules.ts';
import { RULE_CHECKS } from './check-rules.ts';
import { assertCounts, filesOf } from './file-counts.ts';
import type { BodyRules, FieldRules, FileRules, Limits, ResolvedRules, UploadRules } from './rules.ts';

/** The default limits; that of the request follows from them. */
export const DEFAULT_LIMITS: Omit<Limits, 'requestSize'> = {
  fileSize: 50 * 1024 * 1024,
  files: 10,
  fields: 100,
  fieldSize: 100 * 1024,
  fieldNameSize: 100,
  parts: 110,
  fieldNestingDepth: 5,
  fieldArrayIndexLimit: 100,
};

const MAX_PIXELS = 250_000_000;
/** How long `waitUntilReady: true` waits, in milliseconds. */
const READY_TIMEOUT_MS = 60_000;

/** The longest wait that a `waitUntilReady` asks for; nothing if it asks for none. */
const readyTimeoutOf = (wait: boolean | number): Pick<FileRules, 'readyTimeoutMs'> =>
  wait ? { readyTimeoutMs: wait === true ? READY_TIMEOUT_MS : wait } : {};

/** The default rules of a file. */
const DEFAULT_FILE_RULES: FileRules = {
  fileSize: DEFAULT_LIMITS.fileSize,
  accept: IMAGE_TYPES,
  maxPixels: MAX_PIXELS,
  minWidth: 1,
  minHeight: 1,
  pixelsMustBeKnown: false,
  readAheadBytes: 256 * 1024,
  replay: true,
  scanTimeoutMs: 20_000,
};

/** Whether rules say how many pixels an image may or must have. */
const limitsPixels = ({ maxPixels, minWidth, minHeight }: Omit<FieldRules, 'name'>): boolean =>
  [maxPixels, minWidth, minHeight].some((limit) => limit !== undefined);

/** Fills in the defaults of the rules for one file. @param fileSize most bytes */
export function resolveFileRules(rules: UploadRules<never>, fileSize: number): FileRules {
  return {
    fileSize,
    accept: toTypes(rules.accept) ?? DEFAULT_FILE_RULES.accept,
    maxPixels: rules.maxPixels ?? DEFAULT_FILE_RULES.maxPixels,
    minWidth: rules.minWidth ?? DEFAULT_FILE_RULES.minWidth,
    minHeight: rules.minHeight ?? DEFAULT_FILE_RULES.minHeight,
    pixelsMustBeKnown: limitsPixels(rules),
    readAheadBytes: rules.readAheadBytes ?? DEFAULT_FILE_RULES.readAheadBytes,
    replay: rules.replay ?? DEFAULT_FILE_RULES.replay,
    scanTimeoutMs: rules.scanTimeoutMs ?? DEFAULT_FILE_RULES.scanTimeoutMs,
    ...readyTimeoutOf(rules.waitUntilReady ?? false),
    ...(rules.hashAlgorithm && { hashAlgorithm: rules.hashAlgorithm }),
  };
}

/**
 * Validates rules and fills in the defaults.
 *
 * @throws TypeError that names the option
 */
export function resolveRules<Request, Fields>(
  rules: UploadRules<Request, Fields>,
): ResolvedRules<Request, Fields> {
  assertOptions('upload rules', rules, RULE_CHECKS);
  assertCounts('upload rules', rules);
  const limits = resolveLimits(rules);
  const base = resolveFileRules(rules, limits.fileSize);
  const fields = rules.fields?.map((field): [string, FieldRules & FileRules] => [
    field.name,
    {
      ...{ ...base, ...definedOf(field) },
      accept: toTypes(field.accept) ?? base.accept,
      maxPixels: field.maxPixels ?? base.maxPixels,
      pixelsMustBeKnown: base.pixelsMustBeKnown || limitsPixels(field),
    },
  ]);
  return Object.freeze({
    ...base,
    limits,
    fields: fields && new Map(fields),
    form: rules.form,
    required: rules.required ?? false,
    onFileError: rules.onFileError ?? 'fail',
    authorize: rules.authorize,
    metadata: rules.metadata,
    scan: rules.scan,
    stallTimeoutMs: rules.stallTimeoutMs ?? 30_000,
    minBytesPerSecond: rules.minBytesPerSecond ?? 1024,
    discardOnError: rules.discardOnError ?? false,
  });
}

/** The same for a body that is the image: only the limit of its file counts. @throws TypeError that names the option */
export function resolveBodyRules<Request>(rules: BodyRules<Request>): ResolvedRules<Request> {
  assertOptions('body rules', rules, BODY_CHECKS);
  const resolved = resolveRules(rules);
  return Object.freeze({
    ...resolved,
    limits: { ...resolved.limits, requestSize: Number.POSITIVE_INFINITY },
  });
}

function resolveLimits({ limits = {}, fields }: Pick<UploadRules<never>, 'limits' | 'fields'>): Limits {
  const most = {
    ...DEFAULT_LIMITS,
    ...definedOf(limits),
    files: filesOf({ limits, fields }, DEFAULT_LIMITS.files),
  };
  const parts = limits.parts ?? Math.max(DEFAULT_LIMITS.parts, most.files + most.fields);
  return { ...most, parts, requestSize: limits.requestSize ?? largestForm({ ...most, parts }, fields) };
}

const resolved = new WeakMap<object, ResolvedRules<never>>();
const WITHOUT_RULES: UploadRules<never> = {};

/** The same for rules that come with every request: those of one object are resolved once. */
export function resolveRulesOnce<Request, Fields>(
  rules: UploadRules<Request, Fields>,
): ResolvedRules<Request, Fields> {
  const key = Object.keys(rules).length === 0 ? WITHOUT_RULES : rules;
  const known = resolved.get(key) ?? resolveRules(rules);
  resolved.set(key, known as ResolvedRules<never>);
  return known as ResolvedRules<Request, Fields>;
}

/** What a part has besides its content: a boundary, and headers of at most 16 KiB. */
const PART_OVERHEAD = 17 * 1024;

/** The largest body that the other limits allow, bytes. */
function largestForm(limits: Omit<Limits, 'requestSize'>, fields: readonly FieldRules[] | undefined): number {
  const { files, fileSize } = limits;
  const sizes = fields?.map((field) => field.fileSize ?? fileSize) ?? [fileSize];
  const inFields = fields?.reduce(
    (sum, field, at) => sum + (sizes[at] ?? 0) * Math.min(files, field.maxCount ?? files),
    0,
  );
  const inFiles = Math.min(inFields ?? Number.POSITIVE_INFINITY, files * Math.max(...sizes));
  const parts = Math.min(limits.parts, files + limits.fields);
  return inFiles + limits.fields * limits.fieldSize + (parts + 1) * PART_OVERHEAD;
}

const toTypes = (accept: readonly string[] | undefined): ImageType[] | undefined =>
  accept?.flatMap((claim) => canonicalImageType(claim) ?? []);
