// @vitest-environment jsdom
import { describe } from 'vitest';
import { environmentSuite } from './suite.ts';

describe('under jsdom', environmentSuite);
