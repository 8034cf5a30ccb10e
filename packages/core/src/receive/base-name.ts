/** Takes off the path that some clients send. */
export function baseName(path: string): string {
  const name = path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
  return name === '.' || name === '..' ? '' : name;
}

/**
 * The name of a file as we hand it on: without a path, without control characters, which an extended name (RFC 8187) or an escape can
 * carry, and without halves of surrogate pairs, which JSON can carry and UTF-8 cannot. They go first: a path could hide behind them.
 */
export const displayName = (path: string): string => baseName(path.replaceAll(/[\p{Cc}\p{Cs}]/gu, ''));
