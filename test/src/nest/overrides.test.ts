import { afterEach, describe, expect, it } from 'vitest';
import { overridesSuite } from './overrides.ts';

overridesSuite({ describe, it, afterEach, expect });
