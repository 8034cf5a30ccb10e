/**
 * The storeys of packages/core/src, the lowest first. A file imports from its own storey and from those below it, types
 * included. create-imgwire.ts is a storey of its own.
 */
const STOREYS = [
  'inspect',
  'base',
  'transformations',
  'service',
  'image',
  'rules',
  'store',
  'receive',
  'calls',
  'create-imgwire',
  'adapters',
  'index',
];
const CORE = '^packages/core/src/';
const TESTS = '\\.test\\.ts$';
const inStoreys = (names) => `${CORE}(${names.join('|')})(/|\\.ts$)`;

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    {
      name: 'no-cycle',
      comment: 'Two files that import each other cannot be read one after the other.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    ...STOREYS.slice(0, -1).map((storey, at) => ({
      name: `nothing-above-${storey}`,
      comment: `${storey} does not know the storeys that stand on it (docs/architecture.md).`,
      severity: 'error',
      from: { path: inStoreys([storey]), pathNot: TESTS },
      to: { path: inStoreys(STOREYS.slice(at + 1)) },
    })),
    {
      name: 'calls-beside-receive',
      comment: 'What a backend uploads itself has nothing to do with forms.',
      severity: 'error',
      from: { path: inStoreys(['calls']) },
      to: { path: inStoreys(['receive']) },
    },
    {
      name: 'every-file-has-a-storey',
      comment: 'A new folder of core needs its place in STOREYS.',
      severity: 'error',
      from: { path: inStoreys(['index', 'create-imgwire']) },
      to: { path: CORE, pathNot: inStoreys(STOREYS) },
    },
    {
      name: 'core-stands-alone',
      comment: 'Adapters and the emulator stand on core or on nothing of ours.',
      severity: 'error',
      from: { path: '^packages/core/', pathNot: TESTS },
      to: { path: '^packages/(?!core/)' },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: 'node_modules|/dist/' },
    reporterOptions: {
      // One box for each storey.
      archi: { collapsePattern: '^packages/core/src/(?:[^/]+/|[^/]+$)' },
      dot: { collapsePattern: '^packages/core/src/(?:[^/]+/|[^/]+$)' },
    },
  },
};
