import { defineConfig, type UserConfig } from 'tsdown';
import base from '../../tsdown.config.ts';

const config: UserConfig = { ...(base as UserConfig), entry: ['src/index.ts', 'src/adapter.ts'] };

export default defineConfig(config);
