import { SDK } from '../support/doors.ts';
import { TARGETS } from '../support/targets.ts';
import { uploadSuite } from '../support/upload-suite.ts';

for (const target of TARGETS.slice(-1)) {
  uploadSuite(`${target.name}, over ${SDK.door}`, target, SDK.connect);
}
