import type { FormSchema } from '@imgwire/core';
import { type } from 'arktype';
import * as v from 'valibot';
import { z } from 'zod';

/** A post as a form sends it, by zod. */
export const ofZod = z.object({
  title: z.string().trim().min(1),
  rating: z.coerce.number().int().max(5),
  tags: z.array(z.string().max(8)).min(2).optional(),
  place: z.object({ city: z.string().min(2) }).optional(),
});

/** The same by valibot. */
export const ofValibot = v.object({
  title: v.pipe(v.string(), v.trim(), v.minLength(1)),
  rating: v.pipe(v.string(), v.transform(Number), v.integer(), v.maxValue(5)),
  tags: v.optional(v.pipe(v.array(v.pipe(v.string(), v.maxLength(8))), v.minLength(2))),
  place: v.optional(v.object({ city: v.pipe(v.string(), v.minLength(2)) })),
});

/** The same by arktype, whose schemas are functions. */
export const ofArktype = type({
  title: type('string.trim').to('string > 0'),
  rating: type('string.integer.parse').to('number <= 5'),
  'tags?': '(string <= 8)[] >= 2',
  'place?': { city: 'string >= 2' },
});

/** The same schema by each library. */
export const POSTS: ReadonlyArray<readonly [library: string, schema: FormSchema]> = [
  ['zod', ofZod],
  ['valibot', ofValibot],
  ['arktype', ofArktype],
];

/** A schema of the Standard Schema that is a function of ours. */
export const schemaOf = <Output>(
  validate: FormSchema<Output>['~standard']['validate'],
): FormSchema<Output> => ({ '~standard': { version: 1, validate } });
