import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { TestProjectInlineConfiguration } from 'vitest/config';

/**
 * Tests of `@imgwire/bullmq` again, with a release of BullMQ 5 and what belongs to it, which `test/bullmq5` has: the first or the last
 * of the range. All other tests have BullMQ 6.
 */
export function bullmq5(release: 'first' | 'last', include: string[]): TestProjectInlineConfiguration {
  const folder = fileURLToPath(new URL(`../../bullmq5/${release}`, import.meta.url));
  // As Node finds them, and as `@nestjs/bullmq` itself does.
  const { resolve } = createRequire(`${folder}/package.json`);
  const alias = ['bullmq', 'ioredis', '@nestjs/bullmq'].map((name) => {
    return { find: new RegExp(`^${name}$`), replacement: resolve(name) };
  });
  return {
    extends: true,
    test: {
      // Projects run in the order of their names, and the longest files had better not be last.
      name: `BullMQ 5, the ${release} release`,
      include,
      isolate: false,
      alias,
      // For tsx, in the processes that tests start.
      env: { TSX_TSCONFIG_PATH: `${folder}/tsconfig.json` },
      // The full size is for BullMQ 6.
      provide: { soak: false },
    },
  };
}
