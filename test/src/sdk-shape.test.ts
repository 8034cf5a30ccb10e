import { sdkShapedClient } from './sdk-shape.ts';
import { TARGETS } from './targets.ts';
import { uploadSuite } from './upload-suite.ts';

for (const target of TARGETS.slice(-1)) {
  uploadSuite(`${target.name}, over a client shaped like the official one`, target, (emulator) => ({
    client: sdkShapedClient(emulator),
  }));
}
