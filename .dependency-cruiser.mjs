/**
 * The layers of packages/core/src, the lowest first. A file imports from its own layer and from those below it, types
 * included. A file beside the folders is a layer of its own, or shares one.
 */
const LAYERS = [
  'inspect',
  'cancellation|errors|realm-safe',
  'logger|incoming-request|client-gone',
  'options',
  'transformations',
  'service',
  'image',
  'rules',
  'upload',
  'receive',
  'calls',
  'imgwire-options',
  'create-imgwire',
  'adapters',
  'index',
];
const CORE = '^packages/core/src/';
const TESTS = '\\.test\\.ts$';
const inLayers = (names) => `${CORE}(${names.join('|')})(/|\\.ts$)`;

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
    ...LAYERS.slice(0, -1).map((layer, at) => ({
      name: `nothing-above-${layer}`,
      comment: `${layer} does not know the layers that stand on it (docs/architecture.md).`,
      severity: 'error',
      from: { path: inLayers([layer]), pathNot: TESTS },
      to: { path: inLayers(LAYERS.slice(at + 1)) },
    })),
    {
      name: 'calls-beside-receive',
      comment: 'What a backend uploads itself has nothing to do with forms.',
      severity: 'error',
      from: { path: inLayers(['calls']) },
      to: { path: inLayers(['receive']) },
    },
    {
      name: 'every-file-has-a-layer',
      comment: 'A new folder of core needs its place in LAYERS.',
      severity: 'error',
      from: { path: inLayers(['index', 'create-imgwire', 'imgwire-options']) },
      to: { path: CORE, pathNot: inLayers(LAYERS) },
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
      // One box for each layer.
      archi: { collapsePattern: '^packages/core/src/(?:[^/]+/|[^/]+$)' },
      dot: { collapsePattern: '^packages/core/src/(?:[^/]+/|[^/]+$)' },
    },
  },
};
