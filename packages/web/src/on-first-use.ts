/**
 * Makes a value when it is first used. A connection is made by the first request, since builds of frameworks load routes where
 * the environment has no keys.
 */
export function onFirstUse<T extends object>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
