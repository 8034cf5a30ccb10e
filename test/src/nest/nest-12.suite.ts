import { versionSuite } from './version-suite.ts';

versionSuite({
  nest: 12,
  typescript: '~6.0.0',
  fastifyMultipart: '^10.0.0',
  swagger: '^12.0.0',
  compilerOptions: { module: 'nodenext', moduleResolution: 'nodenext' },
  programs: ['commonjs', 'module'],
  jest: 'module',
});
