import { dirname, join } from 'node:path';
import ts from 'typescript';
import { CONTEXTS } from './contexts.ts';
import { type CodeBlock, root } from './markdown.ts';

const EXTENSIONS: Readonly<Record<string, string>> = { ts: 'ts', tsx: 'tsx', js: 'js' };

/** Whether a block is a program, in TypeScript or JavaScript. */
export const isProgram = ({ language }: CodeBlock): boolean => Object.hasOwn(EXTENSIONS, language);

/**
 * Where the compiler finds the block: in `test/`, whose packages it may import, beside the other blocks of its page that
 * have a name.
 */
function pathOf({ page, line, language, fileName }: CodeBlock): string {
  return join(root, 'test/snippets', page, fileName ?? `line-${line}.${EXTENSIONS[language]}`);
}

/** Files of the packages and of TypeScript itself, which each program reads. */
export const sourceFiles: Map<string, ts.SourceFile | undefined> = new Map();

const JAVASCRIPT: ts.CompilerOptions = {
  allowJs: true,
  checkJs: true,
  strict: false,
  exactOptionalPropertyTypes: false,
  noUncheckedIndexedAccess: false,
  // Both are for `require()`.
  module: ts.ModuleKind.ESNext,
  verbatimModuleSyntax: false,
};

/** The rules of the workspace. JavaScript, which cannot say that a value is there, is checked for names and calls. */
function compilerOptions(language: string): ts.CompilerOptions {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.base.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  return {
    ...options,
    ...(language === 'js' && JAVASCRIPT),
    ...(language === 'tsx' && { jsx: ts.JsxEmit.ReactJSX }),
    noUnusedLocals: false,
    noUnusedParameters: false,
    noPropertyAccessFromIndexSignature: false,
    // A snippet shows a call, not what its author would export.
    isolatedDeclarations: false,
    types: ['node'],
    typeRoots: [join(root, 'node_modules/@types')],
  };
}

function hostOf(options: ts.CompilerOptions, virtual: ReadonlyMap<string, string>): ts.CompilerHost {
  const host = ts.createCompilerHost(options);
  const folders = new Set([...virtual.keys()].map((path) => dirname(path)));
  return {
    ...host,
    fileExists: (path) => virtual.has(path) || host.fileExists(path),
    readFile: (path) => virtual.get(path) ?? host.readFile(path),
    directoryExists: (path) => folders.has(path) || ts.sys.directoryExists(path),
    getSourceFile: (path, version) => {
      const text = virtual.get(path);
      if (text !== undefined) return ts.createSourceFile(path, text, version, true);
      if (!sourceFiles.has(path)) sourceFiles.set(path, host.getSourceFile(path, version));
      return sourceFiles.get(path);
    },
  };
}

/** Compiles the blocks of one language and context, and answers what the compiler says: `page:line: message`. */
function compile(language: string, context: string, blocks: readonly CodeBlock[]): string[] {
  const ambient = join(root, `test/snippets/${context}.d.ts`);
  const text = CONTEXTS[context];
  if (text === undefined) return blocks.map(({ page, line }) => `${page}:${line}: no context "${context}"`);
  const byPath = new Map(blocks.map((block) => [pathOf(block), block]));
  const virtual = new Map([...byPath].map(([path, { code }]) => [path, `${code}\nexport {};\n`]));
  for (const [path, { fileName, code }] of byPath) if (fileName?.endsWith('.cjs')) virtual.set(path, code);
  virtual.set(ambient, text);
  const options = compilerOptions(language);
  const program = ts.createProgram([ambient, ...byPath.keys()], options, hostOf(options, virtual));
  return [
    ...program.getOptionsDiagnostics(),
    ...program.getGlobalDiagnostics(),
    ...diagnosticsOf(program, [...virtual.keys()]),
  ].map((diagnostic) => describe(diagnostic, byPath));
}

const diagnosticsOf = (program: ts.Program, paths: readonly string[]): readonly ts.Diagnostic[] =>
  paths.flatMap((path) => {
    const file = program.getSourceFile(path);
    return file ? [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)] : [];
  });

function describe(diagnostic: ts.Diagnostic, blocks: ReadonlyMap<string, CodeBlock>): string {
  const { file, start = 0, messageText } = diagnostic;
  const block = file && blocks.get(file.fileName);
  const line = file ? file.getLineAndCharacterOfPosition(start).line : 0;
  const where = block ? `${block.page}:${block.line + line}` : (file?.fileName ?? 'options');
  return `${where}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
}

/** Type-checks every program among the blocks against the workspace. */
export function checkSnippets(blocks: readonly CodeBlock[]): string[] {
  // What a `file` directive names is checked, and run, where it lies.
  const programs = blocks.filter((block) => isProgram(block) && !block.directives['file']);
  const groups = new Map<string, CodeBlock[]>();
  for (const block of programs) {
    const key = `${block.language} ${block.directives['context'] ?? 'none'}`;
    groups.set(key, [...(groups.get(key) ?? []), block]);
  }
  return [...groups].flatMap(([key, group]) => {
    const [language = '', context = ''] = key.split(' ');
    return compile(language, context, group);
  });
}
