import { TARGETS } from '../support/targets.ts';
import { overRest, uploadSuite } from '../support/upload-suite.ts';

for (const target of TARGETS) uploadSuite(target.name, target, overRest);
