import type { Emulator } from '@imgwire/emulator';
import type { TargetOptions } from './targets.ts';

/** The default transport: our own REST calls. By itself, for scripts that a test starts: they load no test runner. */
export const overRest = (emulator: Pick<Emulator, 'url' | 'apiKey'>): TargetOptions => ({
  apiKey: emulator.apiKey,
  baseUrl: emulator.url,
});
