import { defineConfig, type UserConfig } from 'tsdown';

/** The processes of the benchmark as plain JavaScript: a loader's helpers would be part of what is measured. */
const config: UserConfig = defineConfig({
  entry: ['src/server.ts', 'src/client.ts', 'src/sink.ts', 'src/line-proxy.ts', 'src/constant-hooks.ts'],
  format: 'esm',
  target: 'node20.19',
  dts: false,
  // The packages are laid out in dist/node_modules before.
  clean: false,
  logLevel: 'warn',
}) as UserConfig;

export default config;
