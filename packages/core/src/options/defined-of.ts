/** `T` without its undefined properties. */
type Defined<T> = { [Key in keyof T]: Exclude<T[Key], undefined> };

/**
 * Omits undefined properties: an undefined option counts as absent, and must not override a default; the SDK would send
 * it as null, or as the text "undefined".
 */
export function definedOf<T extends object>(value: T): Defined<T> {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as Defined<T>;
}
