// In this repository the package is its TypeScript sources; what is installed from npm needs no transform.
const { transpileModule, ModuleKind, ScriptTarget } = require('typescript');

module.exports = {
  process: (source) => ({
    code: transpileModule(source, {
      compilerOptions: { module: ModuleKind.CommonJS, target: ScriptTarget.ES2023, esModuleInterop: true },
    }).outputText,
  }),
};
