/** The rules that say how many files a form may have. */
interface Counted {
  readonly fields?:
    | ReadonlyArray<{ readonly name: string; readonly maxCount?: number | undefined }>
    | undefined;
  readonly limits?: { readonly files?: number | undefined } | undefined;
}

/**
 * Returns how many files a form may have. Without `limits.files` that is `least`, or what its fields take by their `maxCount` if
 * that is more. So a route takes as many as it says, as with multer, which has no limit of files by default.
 */
export function filesOf({ fields = [], limits }: Counted, least: number): number {
  const counted = fields.reduce((sum, { maxCount = 0 }) => sum + maxCount, 0);
  return limits?.files ?? Math.max(least, counted);
}

/** Checks that no field takes more files than its form. @throws TypeError that names the field */
export function assertCounts(caller: string, { fields = [], limits }: Counted): void {
  const most = limits?.files ?? Number.POSITIVE_INFINITY;
  for (const { name, maxCount = 0 } of fields) {
    if (maxCount <= most) continue;
    throw new TypeError(
      `${caller}: option "maxCount" of the field "${name}" is ${maxCount}, but "limits.files" is ${most}: write limits: { files: ${maxCount} }.`,
    );
  }
}
