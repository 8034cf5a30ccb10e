import { defineConfig } from 'tsdown';

export default defineConfig({
  workspace: ['packages/*'],
  entry: ['src/index.ts'],
  format: ['esm', 'cjs'],
  target: 'node20.19',
  dts: true,
  // On CI tsdown would fail for its advice to drop CommonJS; Jest and Nest up to 11 need it.
  failOnWarn: false,
  tsconfig: '../../tsconfig.build.json',
  // Jest runs CommonJS in a context that knows no import().
  outputOptions: (options, format) =>
    format === 'cjs' ? { ...options, dynamicImportInCjs: false } : options,
  // In the checkout `exports` points at the sources; pnpm swaps in `publishConfig.exports` when it packs.
  exports: { devExports: true },
  publint: { strict: true },
});
