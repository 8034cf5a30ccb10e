// In this repository the package is its TypeScript sources; what is installed from npm needs no transform.
const { transpileModule, ModuleKind, ScriptTarget } = require('typescript');

const HERE = "require('node:url').pathToFileURL(__filename).href";

module.exports = {
  process: (source) => ({
    // CommonJS has no import.meta.
    code: transpileModule(source.replaceAll('import.meta.url', HERE), {
      compilerOptions: { module: ModuleKind.CommonJS, target: ScriptTarget.ES2023, esModuleInterop: true },
    }).outputText,
  }),
};
