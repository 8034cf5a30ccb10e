/**
 * Gives an object getters for old names of its properties, which throw the new name. Those are the names from before 1.0. They
 * are not enumerable: what is sent as JSON does not have them.
 */
export function withRenamed<T extends object>(
  object: T,
  names: Readonly<Record<string, keyof T & string>>,
): T {
  for (const [old, name] of Object.entries(names)) {
    Object.defineProperty(object, old, {
      get: () => {
        throw new TypeError(`${old} was renamed to ${name}.`);
      },
    });
  }
  return object;
}
