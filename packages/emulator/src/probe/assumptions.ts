import type { Assumption } from './assumption.ts';
import { OF_DELIVERY } from './of-delivery.ts';
import { OF_RECORDS } from './of-records.ts';
import { OF_STORAGE } from './of-storage.ts';
import { OF_THE_REST } from './of-the-rest.ts';
import { OF_TOKENS } from './of-tokens.ts';

/** What is assumed about the service. */
export const ASSUMPTIONS: readonly Assumption[] = [
  ...OF_STORAGE,
  ...OF_TOKENS,
  ...OF_RECORDS,
  ...OF_THE_REST,
  ...OF_DELIVERY,
];
