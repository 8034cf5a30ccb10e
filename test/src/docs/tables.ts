import { IMGWIRE_ERROR_CODES, ImgwireError } from '@imgwire/core';
import ts from 'typescript';
import { CLIENTS, type Client, lengthSourceOf } from '../clients/table.ts';
import { CONDITIONS } from '../container/conditions.ts';
import { UPLOADS } from '../container/uploads.ts';
import type { FormHeader } from '../hostile/form-headers.ts';
import type { Mistake } from '../mistakes/make-mistakes.ts';
import type { Platform } from '../web/platform.ts';
import { ALL_PLATFORMS, PLATFORMS } from '../web/platforms.ts';
import { declarationOf, docblockOf, membersOf, propertiesOf, sourceOf } from './declarations.ts';
import { read } from './markdown.ts';

const cell = (text: string): string => text.replace(/\s+/g, ' ').replaceAll('|', '\\|').trim();
const code = (text: string): string => (text === '' ? '' : `\`${cell(text)}\``);

/** A table as GitHub renders it. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** Every error code with its status and message, in the order of errors.ts. */
export function errorTable(): string {
  const rows = IMGWIRE_ERROR_CODES.map((name) => {
    const { status, message } = new ImgwireError(name);
    return [code(name), String(status), cell(message)];
  });
  return table(['code', 'status', 'message'], rows);
}

/** What is behind the last boundary of a form. */
const ENDS: Readonly<Record<Client['end'], string>> = { '': 'nothing', '\r\n': 'CRLF', '\r\n\r\n': '2 CRLF' };

/** Every client that forms were sent with, and what becomes of a large file. */
export function clientTable(): string {
  const becomes = (client: Client, replay: boolean): string => {
    const source = lengthSourceOf(client, replay);
    return source ? `${code(source)}, ${source === 'replay' ? '2 PUTs' : '1 PUT'}` : '411 `LENGTH_REQUIRED`';
  };
  const rows = CLIENTS.map((client) => [
    client.name,
    client.body,
    ENDS[client.end],
    becomes(client, true),
    becomes(client, false),
  ]);
  return table(['client', 'body', 'behind the last boundary', 'a large file', 'with `replay: false`'], rows);
}

/** Headers of a form, and what becomes of it. */
export function formHeaderTable(headers: readonly FormHeader[]): string {
  const rows = headers.map(({ name, value, outcome, why }) => [
    code(name),
    cell(value),
    outcome === 'stored' ? 'taken' : `${new ImgwireError(outcome).status} ${code(outcome)}`,
    cell(why),
  ]);
  return table(['', 'value', 'the form is', 'why'], rows);
}

/** What is written by mistake, and what is said to it. */
export function mistakeTable(mistakes: readonly Mistake[]): string {
  const rows = mistakes.map(({ written, said }) => [cell(written), cell(said)]);
  return table(['written', 'said'], rows);
}

const RUNTIMES: Readonly<Record<string, string>> = { bun: 'Bun', deno: 'Deno' };

/** What a platform runs on. */
function runtimeOf({ packages, node }: Platform): string {
  const other = Object.keys(packages).find((name) => Object.hasOwn(RUNTIMES, name));
  return (other && RUNTIMES[other]) ?? (node ? `Node ${node}` : 'Node');
}

/** The package that a platform is named after, and the versions that are installed: `next` 16. */
function versionOf({ packages }: Platform): string {
  const [name = '', range = ''] = Object.entries(packages)[0] ?? [];
  return `${code(name)} ${range.startsWith('^') ? range.slice(1).replace(/(\.0)+$/, '') : range}`;
}

const bodyOf = ({ streams, noticesLeaving, note }: Platform): readonly string[] => [
  streams ? 'while it arrives' : 'when all of it has arrived',
  noticesLeaving ? 'rolled back' : 'rolled back while the body arrives, not after it',
  cell(note),
];
const BODY_HEAD = ['the route gets the body', 'the upload of a client that leaves is', ''];

/** Every platform of web requests that is tested, and what it does with a body. */
export function platformTable(): string {
  const rows = PLATFORMS.map((platform) => [platform.name, ...bodyOf(platform)]);
  return table(['platform', ...BODY_HEAD], rows);
}

/** The package of ours for a platform. Core alone is what an adapter is made of. */
function packageOf({ uses = ['web'] }: Platform): string {
  const name = uses.at(-1);
  return name === 'core' ? '@imgwire/core/adapter' : `@imgwire/${name}`;
}

/** Every framework and runtime that is tested: with which versions and package of ours. */
export function frameworkTable(): string {
  const rows = ALL_PLATFORMS.map((platform) => [
    platform.name,
    versionOf(platform),
    runtimeOf(platform),
    code(packageOf(platform)),
    ...bodyOf(platform),
  ]);
  return table(['framework', 'version', 'on', 'package', ...BODY_HEAD], rows);
}

/** Every upload that is sent to a server in a small container, and what becomes of it there. */
export function containerTable(): string {
  const outcomes = JSON.parse(read('test/src/container/outcomes.json')) as Record<
    string,
    Record<string, string>
  >;
  const rows = UPLOADS.map(({ name }) => [
    name,
    ...CONDITIONS.map((condition) => cell(outcomes[condition.name]?.[name] ?? '')),
  ]);
  return table(['', ...CONDITIONS.map(({ name }) => name)], rows);
}

/** Every event with its message, in the order of events.ts. */
export function eventTable(): string {
  const path = 'packages/core/src/upload/events.ts';
  const rows = membersOf(declarationOf(path, 'ImgwireEvents')).map((member) => [
    code((member.name as ts.StringLiteral).text),
    cell(docblockOf(member)),
    messageFields(path, (member as ts.PropertySignature).type)
      .map(code)
      .join(', '),
  ]);
  return table(['channel', 'when', 'message'], rows);
}

function messageFields(path: string, type: ts.TypeNode | undefined): string[] {
  if (!type) return [];
  if (ts.isIntersectionTypeNode(type)) return type.types.flatMap((part) => messageFields(path, part));
  const members = ts.isTypeReferenceNode(type)
    ? membersOf(declarationOf(path, sourceOf(type)))
    : membersOf(type);
  return members.map((member) => `${member.name?.getText()}${member.questionToken ? '?' : ''}`);
}

/** The properties of an object that is returned. */
export function propertyTable(path: string, name: string): string {
  return table(
    ['', ''],
    propertiesOf(path, name).map((property) => [code(property.name), cell(property.text)]),
  );
}

/** The options of an interface: name, type, default, and what the docblock says. */
export function optionTable(path: string, name: string): string {
  const rows = propertiesOf(path, name).map((property) => [
    code(property.name),
    code(property.type),
    property.default === undefined ? (property.optional ? '' : 'required') : cell(property.default),
    cell(property.text),
  ]);
  return table(['option', 'type', 'default', ''], rows);
}
