/** Calls a control of the emulator; undefined if it does not answer, of which the page tells anyway. */
export async function send(method, path, body) {
  // A page of another origin may not post this type.
  const headers = { 'content-type': 'application/json' };
  try {
    return await fetch(`/_emulator/${path}`, { method, headers, body });
  } catch {
    return undefined;
  }
}
