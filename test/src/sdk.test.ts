import { SDK } from './doors.ts';
import { TARGETS } from './targets.ts';
import { uploadSuite } from './upload-suite.ts';

for (const target of TARGETS.slice(-1)) {
  uploadSuite(`${target.name}, over ${SDK.door}`, target, SDK.connect);
}
