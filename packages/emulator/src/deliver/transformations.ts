import type { parseTransformations, Transformations } from '@imgwire/core';

/** The transformations of a query, under canonical names. */
export type ParsedTransformations = ReturnType<typeof parseTransformations>['transformations'];

/** The canonical name of a transformation. */
export type TransformationName = keyof ParsedTransformations;

/** The name of a size preset. */
export type Preset = NonNullable<Transformations['preset']>;

/**
 * Parses a query with core's table of transformations, from which the URL builder is made too. Core is
 * loaded by the first query, so that the emulator starts fast.
 */
export async function readTransformations(
  query: URLSearchParams,
): Promise<ReturnType<typeof parseTransformations>> {
  if (query.size === 0) return { transformations: {}, errors: [] };
  const core = await import('@imgwire/core');
  return core.parseTransformations(query);
}
