import { describe, expect, it } from 'vitest';
import { checkSnippets, isProgram } from './check-snippets.ts';
import { block, codeBlocks, pages } from './markdown.ts';

const BLOCKS = pages().flatMap((page) => codeBlocks(page));

describe('the code of the pages', () => {
  it('compiles against the workspace', () => {
    expect(BLOCKS.filter(isProgram).length).toBeGreaterThan(40);
    expect(checkSnippets(BLOCKS)).toEqual([]);
  });

  it('does not compile with an option that is not there, or a name out of nowhere', () => {
    const wrong = [
      block('ts', "import { imgwireUpload } from '@imgwire/express';\nimgwireUpload({ maxPixel: 1 });"),
      block('ts', 'imgwireUpload({ maxPixel: 1 });', { context: 'express' }),
      block('js', 'upload.single(1);', { context: 'nest' }),
    ];
    const said = checkSnippets(wrong);
    expect(said).toHaveLength(3);
    expect(said[0]).toMatch(/^README\.md:2: .*maxPixel/);
    expect(said[1]).toMatch(/^README\.md:1: .*maxPixel/);
    expect(said[2]).toMatch(/^README\.md:1: .*upload/);
  });
});
