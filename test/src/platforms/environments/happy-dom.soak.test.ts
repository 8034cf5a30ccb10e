// @vitest-environment happy-dom
// @vitest-environment-options {"settings": {"fetch": {"disableSameOriginPolicy": true}}}
import { describe } from 'vitest';
import { environmentSuite } from './suite.ts';

describe('under happy-dom', environmentSuite);
