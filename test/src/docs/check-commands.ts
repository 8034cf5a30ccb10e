import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type CodeBlock, read, root } from './markdown.ts';

/** The words of a command line, without its quotes and its comment. */
function wordsOf(line: string): string[] {
  const bare = line.replace(/(^|\s)#.*$/, '');
  return [...bare.matchAll(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g)].map(([word]) =>
    word.replace(
      /'([^']*)'|"([^"]*)"/g,
      (_match, single?: string, double?: string) => single ?? double ?? '',
    ),
  );
}

/** The commands of a block: continued lines joined, `a && b` taken apart, settings of the environment left out. */
function commandsOf(code: string): string[][] {
  return code
    .replaceAll(/\\\n\s*/g, ' ')
    .split('\n')
    .flatMap((line) => line.split(/\s(?:&&|\|)\s/))
    .map((line) => wordsOf(line.trim()))
    .map((words) => words.slice(words.findIndex((word) => !/^[A-Z_]+=/.test(word))))
    .filter((words) => words.length > 0);
}

interface Manifest {
  readonly name?: string;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly bin?: Readonly<Record<string, string>>;
}

const PACKAGES = ['core', 'express', 'fastify', 'web', 'client', 'nestjs', 'bullmq', 'emulator'];
const manifestOf = (folder: string): Manifest => JSON.parse(read(join(folder, 'package.json')));

/** What is wrong with an `npm` command on a page, if anything. */
function checkNpm([, verb = '', ...rest]: readonly string[], page: string): string | undefined {
  const [name = ''] = rest;
  const script = verb === 'run' ? name : ['test', 'start'].includes(verb) ? verb : undefined;
  if (script !== undefined) {
    const known = [dirname(page), '.']
      .filter((folder) => existsSync(join(root, folder, 'package.json')))
      .some((folder) => Object.hasOwn(manifestOf(folder).scripts ?? {}, script));
    return known ? undefined : `no script "${script}"`;
  }
  if (!['install', 'init', 'pkg'].includes(verb)) return `"npm ${verb}" is not known here`;
  const ours = rest.filter((word) => word.startsWith('@imgwire/'));
  const names = PACKAGES.map((folder) => manifestOf(`packages/${folder}`).name);
  const unknown = ours.find(
    (word) => !names.includes(word) && word !== '@imgwire/js' && word !== '@imgwire/node',
  );
  return unknown && `no package ${unknown}`;
}

/** What is wrong with an `npx` command, if anything: it must run a command of ours or of the workspace. */
function checkNpx([, command = '', ...args]: readonly string[]): string | undefined {
  const ours = PACKAGES.find((folder) => Object.hasOwn(manifestOf(`packages/${folder}`).bin ?? {}, command));
  if (!ours) {
    return existsSync(join(root, 'node_modules/.bin', command)) ? undefined : `no command "${command}"`;
  }
  const source = read(`packages/${ours}/src/cli.ts`);
  const unknown = args.find((word) => word.startsWith('--') && !source.includes(`  ${word} `));
  return unknown && `${command} has no option ${unknown}`;
}

const CURL_FLAGS_WITH_VALUE = new Set(['-F', '-H', '-X', '-d', '-o', '-w']);
const CURL_FLAGS = new Set(['-i', '-s', '--silent']);

/** What is wrong with a `curl` command, if anything: it has known options and one address. */
function checkCurl([, ...args]: readonly string[]): string | undefined {
  const addresses: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const word = args[at] ?? '';
    if (CURL_FLAGS_WITH_VALUE.has(word)) {
      const value = args[++at] ?? '';
      if (word === '-F' && !/^[^=]+=.+$/.test(value)) return `-F ${value}`;
      if (word === '-H' && !/^[\w-]+: .+$/.test(value)) return `-H ${value}`;
      if (word === '-d' && value.startsWith('{')) JSON.parse(value);
    } else if (word.startsWith('-') && !CURL_FLAGS.has(word)) return `option ${word}`;
    else if (!word.startsWith('-')) addresses.push(word);
  }
  const [address = ''] = addresses;
  const full = address.startsWith('http') ? address : `http://${address}`;
  return addresses.length === 1 && URL.canParse(full) ? undefined : `addresses: ${addresses.join(' ')}`;
}

/** What is wrong with a `docker` command, if anything: it builds a file that there is. */
function checkDocker([, verb = '', ...args]: readonly string[]): string | undefined {
  if (verb === 'run') return undefined;
  const file = args[args.indexOf('--file') + 1] ?? '';
  return verb === 'build' && existsSync(join(root, file)) ? undefined : `${verb} ${file}`;
}

const COMMANDS: Readonly<Record<string, (words: readonly string[], page: string) => string | undefined>> = {
  npm: checkNpm,
  npx: checkNpx,
  curl: checkCurl,
  docker: checkDocker,
  node: () => undefined,
  git: () => undefined,
};

/** Answers what is wrong with the commands of a `sh` block: `page:line: message`. */
export function checkCommands({ page, line, code }: CodeBlock): string[] {
  return commandsOf(code).flatMap((words) => {
    const [command = ''] = words;
    const problem = COMMANDS[command] ? COMMANDS[command](words, page) : `"${command}" is not known here`;
    return problem ? [`${page}:${line}: ${words.join(' ')}: ${problem}`] : [];
  });
}
