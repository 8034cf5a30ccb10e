/**
 * Parses a URL; undefined for what is none. Not with `URL.canParse()`: once it is hot, that of Node 20 takes a text with letters such
 * as `ü` for bytes that are no UTF-8, and denies it.
 */
export function urlOf(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}
