import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import ts from 'typescript';
import { sourceFiles } from './check-snippets.ts';
import { root } from './markdown.ts';

const PACKAGES = join(root, 'packages');

/**
 * Emitters that nobody listens to where they are made: the file, the beginning of the expression, and why that is right.
 */
const EXCEPTIONS: readonly (readonly [file: string, expression: string, why: string])[] = [
  ['bullmq/src/import-queue.ts', 'new Imports(', 'a queue of BullMQ prints an error that nobody listens to'],
  ['bullmq/src/rollback-queue.ts', 'new Queue(', 'a queue of BullMQ prints an error that nobody listens to'],
  ['bullmq/src/rollback-queue.ts', 'new Worker(', 'back-off.ts listens'],
  ['bullmq/src/import-worker.ts', 'new Worker<', 'back-off.ts listens'],
  ['bullmq/src/import-worker.ts', 'createReadStream(', 'upload() of core listens from the first moment'],
  ['core/src/calls/upload.ts', 'Readable.fromWeb(', 'who calls toStream() listens at once'],
  ['core/src/receive/request-body.ts', 'Readable.from(', 'who reads the body listens'],
  ['core/src/service/http.ts', 'new UndiciAgent(', 'an agent emits no error: its requests reject'],
  ['emulator/src/routes/cdn.ts', 'call.service.state.bytes.stream(', 'sent by a pipeline, or discarded'],
  ['emulator/src/store/database.ts', 'new ClassicLevel(', 'a database emits no error: its calls reject'],
  ['emulator/src/store/folder-byte-store.ts', 'createReadStream(', 'who calls stream() is checked'],
  ['emulator/src/store/memory-byte-store.ts', 'Readable.from(', 'who calls stream() is checked'],
];

/** Streams to TypeScript, which are used as functions or through a promise. */
const NO_STREAMS = ['Hash', 'Hmac', 'Sharp'];

/**
 * What is wrong in the sources of the packages: a stream that is piped, since `pipe()` hands on no error and closes nothing
 * (`pipeline()` does both); and an emitter that is made, or comes from another package, while nobody in the file listens to
 * its errors: the first one ends the process. And exceptions that nothing needs.
 *
 * @param instead files to check in place of them, by their path from `packages/`
 */
export function checkEmitters(instead?: Readonly<Record<string, string>>): string[] {
  const texts = new Map(Object.entries(instead ?? {}).map(([path, text]) => [join(PACKAGES, path), text]));
  const paths = instead ? [...texts.keys()] : sources();
  const program = createProgram(paths, texts);
  const unused = new Set(instead ? [] : EXCEPTIONS);
  const problems = paths.flatMap((path) => {
    const file = program.getSourceFile(path);
    if (!file) throw new Error(`There is no ${path}.`);
    return callsIn(file).flatMap((call) => {
      const problem = problemOf(call, file, program.getTypeChecker());
      const exception = problem && EXCEPTIONS.find(([name, start]) => isAt(call, file, name, start));
      if (exception) unused.delete(exception);
      if (!problem || exception) return [];
      const { line } = file.getLineAndCharacterOfPosition(call.getStart());
      return [`${relative(PACKAGES, path)}:${line + 1}: ${problem}`];
    });
  });
  return [...problems, ...[...unused].map(([path, start]) => `${path}: no "${start}" needs an exception`)];
}

function sources(): string[] {
  const files = readdirSync(PACKAGES, { recursive: true, encoding: 'utf8' });
  const isOurs = (path: string): boolean =>
    /^[\w-]+\/src\/.*\.ts$/.test(path) && !/\.test\.ts$|\/testing\//.test(path);
  return files.filter(isOurs).map((path) => join(PACKAGES, path));
}

function createProgram(paths: string[], texts: ReadonlyMap<string, string>): ts.Program {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [] }, ts.sys, root);
  const host = ts.createCompilerHost(options);
  return ts.createProgram(paths, options, {
    ...host,
    fileExists: (path) => texts.has(path) || host.fileExists(path),
    readFile: (path) => texts.get(path) ?? host.readFile(path),
    getSourceFile: (path, version) => {
      const text = texts.get(path);
      if (text !== undefined) return ts.createSourceFile(path, text, version, true);
      if (!sourceFiles.has(path)) sourceFiles.set(path, host.getSourceFile(path, version));
      return sourceFiles.get(path);
    },
  });
}

type Call = ts.CallExpression | ts.NewExpression;

function callsIn(node: ts.Node): Call[] {
  const within: Call[] = [];
  ts.forEachChild(node, (child) => void within.push(...callsIn(child)));
  return ts.isCallExpression(node) || ts.isNewExpression(node) ? [node, ...within] : within;
}

function problemOf(call: Call, file: ts.SourceFile, checker: ts.TypeChecker): string | undefined {
  const owner = ts.isPropertyAccessExpression(call.expression) ? call.expression : undefined;
  if (owner && isEmitter(owner.expression, checker)) {
    return owner.name.text === 'pipe' ? 'pipe() hands on no error: use pipeline()' : undefined;
  }
  if (/^pipeline\b/.test(call.getText(file))) return undefined;
  if (!isEmitter(call, checker) || !isMadeOutside(call, checker) || isHeard(call, file)) return undefined;
  return `nobody listens to the errors of ${call.getText(file).split('\n')[0]}`;
}

function isEmitter(node: ts.Expression, checker: ts.TypeChecker): boolean {
  const type = checker.getNonNullableType(checker.getTypeAtLocation(node));
  const types = type.isUnion() ? type.types : [type];
  return types.some(
    (each) =>
      ['on', 'emit', 'removeListener'].every((name) => checker.getPropertyOfType(each, name)) &&
      !NO_STREAMS.includes(each.getSymbol()?.name ?? ''),
  );
}

/** A function of ours with a body is checked itself; it may just hand over an emitter that others have. */
function isMadeOutside(call: Call, checker: ts.TypeChecker): boolean {
  if (ts.isNewExpression(call)) return true;
  const declaration = checker.getResolvedSignature(call)?.declaration;
  if (!declaration || declaration.getSourceFile().fileName.includes('/typescript/lib/')) return false;
  return !('body' in declaration && declaration.body);
}

/** Whether `on('error')` is chained to it, or it gets a name that has a listener or is in a pipeline in this file. */
function isHeard(call: Call, file: ts.SourceFile): boolean {
  let node: ts.Node = call;
  while (ts.isPropertyAccessExpression(node.parent) && ts.isCallExpression(node.parent.parent)) {
    node = node.parent.parent;
    const chained = node.getText(file).slice(call.getText(file).length);
    if (/\.(?:on|once)\(\s*'error'/.test(chained)) return true;
  }
  while (!ts.isStatement(node.parent) && !isNamed(node.parent)) node = node.parent;
  if (!isNamed(node.parent)) return false;
  const name = (ts.isBinaryExpression(node.parent) ? node.parent.left : node.parent.name).getText(file);
  const text = file.text.replaceAll(/\s+/g, ' ');
  const mention = name.replaceAll(/[^\w.]/g, '\\$&').replaceAll('.', '\\.');
  return new RegExp(
    `\\b${mention}\\??( ?\\.\\w+\\([^()]*\\))*? ?\\.(on|once)\\( ?'error'|\\b(pipeline|finished)\\([^;]*\\b${mention}\\b`,
  ).test(text);
}

function isNamed(node: ts.Node): node is ts.VariableDeclaration | ts.BinaryExpression {
  if (ts.isBinaryExpression(node)) return node.operatorToken.kind === ts.SyntaxKind.EqualsToken;
  return ts.isVariableDeclaration(node);
}

function isAt(call: Call, file: ts.SourceFile, path: string, start: string): boolean {
  return file.fileName === join(PACKAGES, path) && call.getText(file).startsWith(start);
}
