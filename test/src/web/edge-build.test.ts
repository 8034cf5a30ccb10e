import { gzipSync } from 'node:zlib';
import ts from 'typescript';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildEdge, type EdgeBuild } from './build-edge.ts';

/** Minified and gzipped, in bytes. */
const MOST = 34 * 1024;

describe('the build of @imgwire/web/edge', () => {
  let edge: EdgeBuild;
  beforeAll(async () => {
    edge = await buildEdge();
  });

  const importsOf = (text: string): string[] =>
    ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => fileName);

  it('imports the edge entry of core, which imports nothing', () => {
    expect(importsOf(edge.web)).toEqual(['@imgwire/core/edge']);
    expect(importsOf(edge.core)).toEqual([]);
  });

  it('names nothing of Node but a process that may be missing', () => {
    const { minified } = edge;
    expect(importsOf(minified)).toEqual([]);
    expect(
      minified.match(/\bnode:|\bBuffer\b|\b(set|clear)Immediate\b|\brequire\(|\b__dirname\b/g),
    ).toBeNull();
    expect(minified.match(/\bglobalThis\b[\w?.]*|\bprocess\.\w+/g)).toEqual(['globalThis.process?.env']);
  });

  it(`has at most ${MOST} bytes, minified and gzipped`, () => {
    const { length } = gzipSync(edge.minified, { level: 9 });
    console.info(`@imgwire/web/edge: ${edge.minified.length} bytes minified, ${length} gzipped`);
    expect(length).toBeGreaterThan(10_000);
    expect(length).toBeLessThanOrEqual(MOST);
  });
});
