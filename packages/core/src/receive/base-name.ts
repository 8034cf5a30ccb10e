/** Takes off the path that some clients send. */
export function baseName(path: string): string {
  const name = path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
  return name === '.' || name === '..' ? '' : name;
}

/**
 * The name of a file as we hand it on: without a path, and without control characters, which an extended name (RFC 8187) or an
 * escape can carry. They go first: a path could hide behind them.
 */
export const displayName = (path: string): string => baseName(path.replaceAll(/\p{Cc}/gu, ''));
