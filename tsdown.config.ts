import { defineConfig } from 'tsdown';

export default defineConfig({
  workspace: ['packages/*'],
  entry: ['src/index.ts'],
  format: ['esm', 'cjs'],
  target: 'node20.19',
  dts: true,
  tsconfig: '../../tsconfig.build.json',
  // In the checkout `exports` points at the sources; pnpm swaps in `publishConfig.exports` when it packs.
  exports: { devExports: true },
  publint: { strict: true },
});
