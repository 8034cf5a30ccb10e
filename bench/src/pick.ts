/** Those of the names, comma-separated; without any all of them. @throws for a name that there is not */
export function pick<T extends { readonly name: string }>(
  known: readonly T[],
  names: string | undefined,
): T[] {
  return (
    names?.split(',').map((name) => {
      const found = known.find((item) => item.name === name);
      if (!found)
        throw new Error(`There is no ${name}; there are ${known.map((item) => item.name).join(', ')}`);
      return found;
    }) ?? [...known]
  );
}
