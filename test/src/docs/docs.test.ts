import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { resolveRules } from '../../../packages/core/src/rules/resolve-rules.ts';
import { fileOf, SCHEMES, SCREENS, SHOWN_PAGES } from '../screenshots/screens.ts';
import { checkCommands } from './check-commands.ts';
import { checkLinks, checkPaths } from './check-links.ts';
import { propertiesOf } from './declarations.ts';
import { generatedFiles, SECTION_NAMES, shownSections } from './generated.ts';
import { block, type CodeBlock, codeBlocks, pages, read, root } from './markdown.ts';

const PACKAGES = readdirSync(join(root, 'packages')).map((name) => `packages/${name}`);
const PAGES = pages();
const BLOCKS = PAGES.flatMap((page) => codeBlocks(page));
const ofLanguage = (...languages: string[]): CodeBlock[] =>
  BLOCKS.filter(({ language }) => languages.includes(language));

describe('the pages', () => {
  it('are those of the root, docs/, the packages and the examples', () => {
    expect(PAGES).toEqual(
      expect.arrayContaining([
        'README.md',
        'CONTRIBUTING.md',
        'SECURITY.md',
        'packages/core/docs/options.md',
        'docs/decisions/length-before-create.md',
        'packages/express/README.md',
        'packages/fastify/README.md',
        'packages/emulator/README.md',
        'examples/nestjs/README.md',
      ]),
    );
  });

  it('have code in known languages only, so that no block goes unchecked', () => {
    // Text, diffs, and configuration of programs that are not here are read by people only.
    const known = ['mermaid', 'ts', 'tsx', 'js', 'sh', 'json', 'jsonc', 'text', 'diff', 'nginx'];
    const others = BLOCKS.filter(({ language }) => !known.includes(language));
    expect(others.map(({ page, line, language }) => `${page}:${line}: ${language}`)).toEqual([]);
  });

  it.each(PAGES)('%s has links and paths that lead somewhere', (page) => {
    expect([...checkLinks(page), ...checkPaths(page)]).toEqual([]);
  });

  it.each(['.', ...PACKAGES])(
    '%s has a page for agents, with ten mistakes and where the tests go',
    (folder) => {
      const text = read(join(folder, 'AGENTS.md'));
      const [, mistakes = ''] = /## Ten mistakes\n([\s\S]+?)\n## /.exec(text) ?? [];
      expect(mistakes.match(/^\d+\. /gm)).toEqual(Array.from({ length: 10 }, (_, i) => `${i + 1}. `));
      expect(text).toContain(`## Five ${folder === '.' ? 'commands' : 'calls'}\n`);
      expect(text).toContain('## Where the tests go\n');
    },
  );
});

describe('the code of the pages', () => {
  it('is the file that it says it is', () => {
    const files = BLOCKS.filter(({ directives }) => directives['file']);
    expect(files).not.toEqual([]);
    for (const { directives, code, page, line } of files) {
      expect(code, `${page}:${line}`).toBe(read(directives['file'] ?? '').trimEnd());
    }
  });

  it('names scripts, commands and packages that there are', () => {
    expect(ofLanguage('sh').length).toBeGreaterThan(10);
    expect(ofLanguage('sh').flatMap(checkCommands)).toEqual([]);
    const wrong = block(
      'sh',
      'npm run nothing\nnpx imgwire-emulator --ports 1\nnpm install @imgwire/hapi && curl -F a http://x\nrm -r x\ndocker build --file x .',
    );
    expect(checkCommands(wrong)).toHaveLength(6);
  });

  it('has JSON that parses', () => {
    for (const { code, page, line } of ofLanguage('json')) {
      expect(() => JSON.parse(code), `${page}:${line}`).not.toThrow();
    }
    for (const { code, page, line } of ofLanguage('jsonc')) {
      expect(ts.parseConfigFileTextToJson(page, code).error, `${page}:${line}`).toBeUndefined();
    }
  });
});

describe('the defaults in the docblocks', () => {
  const numberOf = (text: string | undefined): number =>
    Number(/^[\d_]+/.exec(text ?? '')?.[0].replaceAll('_', ''));

  it.each(Object.entries(resolveRules({}).limits).filter(([name]) => name !== 'requestSize'))(
    'of limits.%s is the one that is used',
    (name, value) => {
      const documented = propertiesOf('packages/core/src/rules/rules.ts', 'Limits').find(
        (limit) => limit.name === name,
      );
      expect(numberOf(documented?.default)).toBe(value);
    },
  );

  it.each([
    'maxPixels',
    'readAheadBytes',
    'replay',
    'required',
    'stallTimeoutMs',
    'minBytesPerSecond',
    'discardOnError',
  ] as const)('of %s is the one that is used', (name) => {
    const documented = propertiesOf('packages/core/src/rules/rules.ts', 'UploadRules').find(
      (rule) => rule.name === name,
    );
    const used = resolveRules({})[name];
    const said = documented?.default ?? '';
    expect(typeof used === 'boolean' ? said : numberOf(said)).toBe(
      typeof used === 'boolean' ? String(used) : used,
    );
  });
});

describe('the screenshots', () => {
  const folder = join(root, 'docs/screenshots');
  const screens = Object.keys(SCREENS);
  const files = SHOWN_PAGES.flatMap((page) =>
    screens.flatMap((screen) => SCHEMES.map((scheme) => fileOf(page, screen, scheme))),
  );

  it('are four of each page, wide and narrow, light and dark, and no others', () => {
    expect(new Set(readdirSync(folder))).toEqual(new Set(files));
  });

  it('have less than 2 MB in all', () => {
    const bytes = files.reduce((sum, file) => sum + statSync(join(folder, file)).size, 0);
    expect(bytes).toBeLessThan(2_000_000);
  });

  it.each(['demo', 'emulator'])('of the %s are in the README, light and dark', (page) => {
    const text = read('README.md');
    for (const scheme of SCHEMES) {
      expect(text).toContain(`="docs/screenshots/${fileOf(page, 'desktop', scheme)}"`);
    }
  });
});

describe('what is generated', () => {
  it.each([...generatedFiles().keys()])('%s is as `npm run docs` writes it', (path) => {
    const text = existsSync(join(root, path)) ? read(path) : '';
    expect(text).toBe(generatedFiles().get(path));
  });

  it('is shown, every table of it', () => {
    expect(shownSections()).toEqual(new Set(SECTION_NAMES));
  });
});
