// @vitest-environment node
import { describe } from 'vitest';
import { environmentSuite } from './suite.ts';

describe('under node', environmentSuite);
