import { versionSuite } from './version-suite.ts';

versionSuite({
  nest: 11,
  typescript: '~5.9.0',
  fastifyMultipart: '^9.0.0',
  swagger: '^11.0.0',
  compilerOptions: { module: 'nodenext', moduleResolution: 'nodenext' },
  programs: ['commonjs', 'module'],
  jest: 'commonjs',
});
