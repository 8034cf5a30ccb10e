/** `T` without its undefined properties. */
type Defined<T> = { [Key in keyof T]: Exclude<T[Key], undefined> };

/**
 * Leaves out what is undefined: an option that is undefined counts as absent, and must not undo a default; the SDK would send
 * it as null, or as the text "undefined".
 */
export function definedOf<T extends object>(value: T): Defined<T> {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as Defined<T>;
}
