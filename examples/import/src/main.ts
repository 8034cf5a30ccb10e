import { createImgwire } from '@imgwire/core';
import { readArguments } from './arguments.ts';
import { runImport } from './run.ts';
import { openService } from './service.ts';
import { listenForStop } from './stop.ts';

const settings = readArguments(process.argv.slice(2));
const stop = listenForStop();
const service = await openService();
// An import has time: transient failures are retried more often than a visitor would wait for.
const imgwire = createImgwire({ maxAttempts: 8, ...service.options });
try {
  process.exitCode = await runImport(imgwire, settings, stop);
} finally {
  await imgwire.close();
  await service.close();
}
