import { TARGETS } from './targets.ts';
import { overRest, uploadSuite } from './upload-suite.ts';

for (const target of TARGETS) uploadSuite(target.name, target, overRest);
