import type { parseTransformations, Transformations } from '@imgwire/core';

/** What a query asks for, under canonical names. */
export type ParsedTransformations = ReturnType<typeof parseTransformations>['transformations'];

/** The canonical name of a transformation. */
export type TransformationName = keyof ParsedTransformations;

/** The name of a ready-made size. */
export type Preset = NonNullable<Transformations['preset']>;

/**
 * Reads a query with the core's one table of transformations: what its URL builder writes is what is read
 * here. The core is
 * loaded by the first query that there is, so that the emulator starts fast and without it.
 */
export async function readTransformations(
  query: URLSearchParams,
): Promise<ReturnType<typeof parseTransformations>> {
  if (query.size === 0) return { transformations: {}, errors: [] };
  const core = await import('@imgwire/core');
  return core.parseTransformations(query);
}
