// The program of a project with another version of Nest: one target, with the options of its first argument.
import type { ImgwireModuleOptions } from '@imgwire/nestjs';
import { NEST_TARGETS } from './nest-targets.ts';

const { name, options } = JSON.parse(process.argv[2] ?? '') as {
  readonly name: string;
  readonly options: ImgwireModuleOptions;
};

async function main(): Promise<void> {
  const target = NEST_TARGETS.find((candidate) => candidate.name === name);
  const running = await target?.start(options);
  process.once('message', () => {
    // The process is not killed: it exits when the application has left no handle open.
    running?.close().then(() => process.disconnect(), console.error);
  });
  process.send?.(running?.url);
}

void main();
