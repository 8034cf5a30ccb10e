import { defineConfig, type UserConfig } from 'tsdown';
import base from '../../tsdown.config.ts';

const config: UserConfig = {
  ...(base as UserConfig),
  platform: 'browser',
  target: 'es2022',
  tsconfig: 'tsconfig.json',
  // Else `.js` for a browser; the files are named as those of the other packages.
  fixedExtension: true,
};

export default defineConfig(config);
