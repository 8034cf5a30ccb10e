// The place of runtime.ts where there is no Node: no channels, and only what is in the standards of the web.

/** A channel to which nobody can subscribe. */
export const channel = (
  _name: string,
): { readonly hasSubscribers: boolean; publish(message: unknown): void } => ({
  hasSubscribers: false,
  publish: () => undefined,
});

/** Nobody subscribes. */
export const hasSubscribers = (_name: string): boolean => false;

/** Shows a value in a message, much as Node does. */
export function inspect(
  value: unknown,
  { maxStringLength = Infinity }: { maxStringLength?: number } = {},
): string {
  if (typeof value === 'string') return `'${value.slice(0, maxStringLength)}'`;
  try {
    return (typeof value === 'object' ? JSON.stringify(value) : undefined) ?? String(value);
  } catch {
    return typeof value;
  }
}

/** Calls back at once: the platform reads what arrives. Returns a function that has nothing to cancel. */
export function afterReading(callback: () => void): () => void {
  callback();
  return () => undefined;
}

/** Encodes a text: UTF-8, in base64. */
export const toBase64 = (text: string): string =>
  btoa(Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join(''));

/** Decodes a text: base64 or base64url, of UTF-8. What is neither is skipped, as by Node. */
export function fromBase64(text: string): string {
  const [digits = ''] = text.replaceAll('-', '+').replaceAll('_', '/').split('=', 1);
  const known = digits.replaceAll(/[^A-Za-z0-9+/]/g, '');
  // A single digit more is no byte.
  const whole = known.length % 4 === 1 ? known.slice(0, -1) : known;
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(
    Uint8Array.from(atob(whole), (char) => char.charCodeAt(0)),
  );
}
