import { describe, expect, it } from 'vitest';
import { checkEmitters } from './check-emitters.ts';

/** Lines of code, each of which becomes a file of a package. */
const check = (lines: readonly string[]): string[] =>
  checkEmitters(Object.fromEntries(lines.map((line, index) => [`nestjs/src/example-${index}.ts`, line])));

describe('the sources of the packages', () => {
  it('pipe no stream, and listen to the errors of each emitter that they make', () => {
    expect(checkEmitters()).toEqual([]);
  });

  it('would be found if they did not', () => {
    const wrong = [
      "import http from 'node:http'; const a = http.get('http://a'); a.setTimeout(1, () => a.destroy());",
      "import { once } from 'node:events'; import http from 'node:http'; const a = http.get('a'); await once(a, 'response');",
      "import { createServer } from 'node:net'; createServer().listen(1).on('close', () => {});",
      "import { fork } from 'node:child_process'; export const child = fork('a');",
      "import { createReadStream } from 'node:fs'; export const f = () => createReadStream('a');",
      "import { PassThrough } from 'node:stream'; const a = new PassThrough(); a.write('a');",
      "interface Store { open(): import('node:stream').Readable } export const f = (a: Store) => a.open().resume();",
      'export const f = (a: NodeJS.ReadableStream, b: NodeJS.WritableStream) => a.pipe(b);',
    ];
    const found = check(wrong);
    expect(found).toHaveLength(wrong.length);
    for (const [index, problem] of found.entries()) {
      expect(problem).toContain(`nestjs/src/example-${index}.ts:1: `);
      expect(problem).toContain(index === wrong.length - 1 ? 'pipe()' : 'nobody listens');
    }
  });

  it('may listen in every way that there is', () => {
    const right = [
      "import http from 'node:http'; const a = http.get('http://a'); a.on('error', () => {});",
      "import { createServer } from 'node:net'; createServer().listen(1).on('close', () => {}).once('error', () => {});",
      "import { createReadStream } from 'node:fs'; let a; a = true ? createReadStream('a') : undefined; a?.on('error', () => {});",
      "import { PassThrough, pipeline } from 'node:stream'; const a = new PassThrough(); pipeline(a, process.stdout, () => {});",
      "import { createHash } from 'node:crypto'; export const hash = createHash('sha256').update('a').digest('hex');",
      "export const f = (a: import('rxjs').Observable<number>) => a.pipe();",
    ];
    expect(check(right)).toEqual([]);
  });
});
