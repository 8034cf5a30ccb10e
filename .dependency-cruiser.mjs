/**
 * The layers of packages/core/src, the lowest first. A file imports from its own layer and from those below it, types
 * included. A file beside the folders is a layer of its own, or shares one.
 */
const LAYERS = [
  'inspect',
  'cancellation|chunks|environment|errors|problem-type|realm-safe|runtime|runtime-edge|timeout',
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
  'imgwire',
  'create-imgwire|create-edge-imgwire',
  'adapters|direct',
  'index|adapter|edge',
];
const CORE = '^packages/core/src/';
// Also one that is not installed there.
const UNDICI = '(^|node_modules/)undici(/|$)';
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
      from: { path: inLayers(['index', 'adapter', 'edge', 'create-imgwire', 'imgwire', 'imgwire-options']) },
      to: { path: CORE, pathNot: inLayers(LAYERS) },
    },
    {
      name: 'core-stands-alone',
      comment: 'Adapters and the emulator stand on core or on nothing of ours.',
      severity: 'error',
      from: { path: '^packages/core/', pathNot: TESTS },
      to: { path: '^packages/(?!core/)' },
    },
    {
      name: 'client-stands-alone',
      comment: 'A browser loads it: nothing of Node, of ours or of others.',
      severity: 'error',
      from: { path: '^packages/client/src/' },
      to: { pathNot: '^packages/client/src/' },
    },
    {
      name: 'packages-meet-at-their-entry-points',
      comment: 'index.ts is for users, adapter.ts for adapters, edge.ts for both where there is no Node.',
      severity: 'error',
      from: { path: '^packages/([^/]+)/src/' },
      to: { path: '^packages/(?!$1/)[^/]+/src/', pathNot: '/src/(index|adapter|edge)\\.ts$' },
    },
    {
      name: 'only-http-knows-undici',
      comment: 'One file of core makes the connections to Imgwire.',
      severity: 'error',
      from: { path: '^packages/[^/]+/src/', pathNot: ['^packages/core/src/service/http\\.ts$', TESTS] },
      to: { path: UNDICI },
    },
    {
      name: 'no-index-of-undici',
      comment: "undici's index replaces the `fetch` of the process: take lib/dispatcher/agent.js, and types.",
      severity: 'error',
      from: { path: '^packages/core/src/service/http\\.ts$' },
      to: { path: 'node_modules/undici/(index|index-fetch)\\.js$', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'no-parser-but-ours',
      comment: 'receive/multipart.ts of core reads forms; multer is what the tests compare it with.',
      severity: 'error',
      from: { path: '^packages/[^/]+/src/', pathNot: [TESTS, '^packages/core/src/receive/testing/'] },
      to: { path: '(^|node_modules/)multer(/|$)', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'core-knows-no-framework',
      comment: 'Adapters translate; core holds the policy.',
      severity: 'error',
      from: { path: '^packages/core/src/' },
      to: { path: '(^|node_modules/)(express|fastify|@fastify/[^/]+|@nestjs/[^/]+)(/|$)' },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '/dist/' },
    reporterOptions: {
      // One box for each layer.
      archi: { collapsePattern: '^packages/core/src/(?:[^/]+/|[^/]+$)' },
      dot: { collapsePattern: '^packages/core/src/(?:[^/]+/|[^/]+$)' },
    },
  },
};
