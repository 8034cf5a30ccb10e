/**
 * Gives an object getters for properties that had another name before 1.0, so that JavaScript is told the new one. They are not
 * enumerable: what is sent as JSON does not have them.
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
