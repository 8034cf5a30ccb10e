import type { parseTransformations, Transformations } from '@imgwire/core';

/** The transformations of a query, under canonical names. */
export type ParsedTransformations = ReturnType<typeof parseTransformations>['transformations'];

/** The canonical name of a transformation. */
export type TransformationName = keyof ParsedTransformations;

/** The name of a size preset. */
export type Preset = NonNullable<Transformations['preset']>;
