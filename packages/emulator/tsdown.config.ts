import { defineConfig, type UserConfig } from 'tsdown';
import base from '../../tsdown.config.ts';

const config: UserConfig = {
  ...(base as UserConfig),
  // The command is an entry of its own: bin/imgwire-emulator.js loads dist/cli.mjs. Nobody else imports it.
  entry: ['src/index.ts', 'src/cli.ts'],
  exports: { devExports: true, exclude: ['cli'] },
  // Optional dependencies would be taken into the bundle otherwise.
  external: ['sharp'],
};

export default defineConfig(config);
