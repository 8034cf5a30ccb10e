/** Calls a control of the emulator. Undefined if it does not respond: the page says so anyway. */
export async function send(method, path, body) {
  // A page of another origin may not post this type.
  const headers = { 'content-type': 'application/json' };
  try {
    return await fetch(`/_emulator/${path}`, { method, headers, body });
  } catch {
    return undefined;
  }
}
