import { versionSuite } from './version-suite.ts';

versionSuite({
  nest: 10,
  typescript: '~5.9.0',
  fastifyMultipart: '^8.0.0',
  swagger: '^8.0.0',
  compilerOptions: { module: 'commonjs', moduleResolution: 'node10' },
  programs: ['commonjs'],
  jest: 'commonjs',
});
