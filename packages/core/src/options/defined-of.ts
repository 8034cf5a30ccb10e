/** `T` without its undefined properties. */
type Defined<T> = { [Key in keyof T]: Exclude<T[Key], undefined> };

/**
 * Omits undefined properties. An undefined option counts as absent, so it must not override a default. The SDK would send it as
 * null, or as the text "undefined".
 */
export function definedOf<T extends object>(value: T): Defined<T> {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as Defined<T>;
}
