import { join } from 'node:path';
import ts from 'typescript';
import { root } from './markdown.ts';

/** A property of a documented interface, as its docblock and its type say it. */
export interface Property {
  readonly name: string;
  readonly type: string;
  readonly optional: boolean;
  /** What `@default` says. */
  readonly default?: string;
  /** The docblock without its tags, on one line. */
  readonly text: string;
}

const parsed = new Map<string, ts.SourceFile>();

function sourceFile(path: string): ts.SourceFile {
  const known = parsed.get(path);
  if (known) return known;
  const text = ts.sys.readFile(join(root, path));
  if (text === undefined) throw new Error(`${path} is not there`);
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  parsed.set(path, file);
  return file;
}

const printer = ts.createPrinter({ removeComments: true });

/** The source of a node on one line, without comments. */
export const sourceOf = (node: ts.Node): string =>
  printer
    .printNode(ts.EmitHint.Unspecified, node, node.getSourceFile())
    .replace(/\breadonly /g, '')
    .replace(/\s+/g, ' ');

/** The text of a comment on one line; `{@link Name}` becomes the name. */
const oneLine = (comment: string | ts.NodeArray<ts.JSDocComment> | undefined): string =>
  (ts.getTextOfJSDocComment(comment) ?? '')
    .replace(/\{@link ([^}]+)\}/g, '`$1`')
    .replace(/\s+/g, ' ')
    .trim();

/** The type of a property; that an optional one may be undefined goes without saying. */
function typeOf({ type, questionToken }: ts.PropertySignature): string {
  if (!type) return '';
  const all = questionToken && ts.isUnionTypeNode(type) ? [...type.types] : [type];
  const parts = all.filter(({ kind }) => kind !== ts.SyntaxKind.UndefinedKeyword);
  const [only] = parts;
  if (parts.length === 1 && only && ts.isParenthesizedTypeNode(only)) return sourceOf(only.type);
  return parts.map(sourceOf).join(' | ');
}

function propertyOf(member: ts.TypeElement, owner: string): Property {
  const name = member.name?.getText() ?? '';
  const docs = ts.getJSDocCommentsAndTags(member).filter(ts.isJSDoc);
  const text = docs.map(({ comment }) => oneLine(comment)).join(' ');
  const tag = ts.getJSDocTags(member).find(({ tagName }) => tagName.text === 'default');
  if (!text) throw new Error(`${owner}.${name} has no docblock`);
  return {
    name,
    type: typeOf(member as ts.PropertySignature),
    optional: member.questionToken !== undefined,
    ...(tag && { default: oneLine(tag.comment) }),
    text,
  };
}

/** The members of an object type that is written in a type position: of an interface, or of its part of an intersection. */
export function membersOf(node: ts.Node): readonly ts.TypeElement[] {
  if (ts.isInterfaceDeclaration(node) || ts.isTypeLiteralNode(node)) return [...node.members];
  if (ts.isTypeAliasDeclaration(node)) return membersOf(node.type);
  if (ts.isIntersectionTypeNode(node)) return node.types.flatMap(membersOf);
  return [];
}

/** The declaration of an interface or type in a file. */
export function declarationOf(path: string, name: string): ts.InterfaceDeclaration | ts.TypeAliasDeclaration {
  const found = sourceFile(path).statements.find(
    (statement): statement is ts.InterfaceDeclaration | ts.TypeAliasDeclaration =>
      (ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement)) &&
      statement.name.text === name,
  );
  if (!found) throw new Error(`${path} declares no ${name}`);
  return found;
}

/** The docblock of a declaration, on one line. */
export const docblockOf = (node: ts.Node): string =>
  ts
    .getJSDocCommentsAndTags(node)
    .filter(ts.isJSDoc)
    .map(({ comment }) => oneLine(comment))
    .join(' ');

/** The properties that an interface itself declares. @throws Error for one without a docblock */
export const propertiesOf = (path: string, name: string): Property[] =>
  membersOf(declarationOf(path, name)).map((member) => propertyOf(member, name));
