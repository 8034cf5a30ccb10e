import { TARGETS } from '../support/targets.ts';
import { SDK } from '../support/transports.ts';
import { uploadSuite } from '../support/upload-suite.ts';

for (const target of TARGETS.slice(-1)) {
  uploadSuite(`${target.name}, over ${SDK.transport}`, target, SDK.connect);
}
