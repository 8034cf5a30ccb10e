import fc from 'fast-check';
import { expect, inject, it } from 'vitest';
import { Cancellation } from '../cancellation.ts';
import type { IncomingFile } from '../upload/store-file.ts';
import { boundaryOf } from './boundary.ts';
import { Form, type FormSource } from './form.ts';
import { LengthHistory } from './length-history.ts';

const RUNS = inject('soak') ? 4000 : 800;

const LIMITS = {
  files: 100,
  fields: 100,
  fieldSize: 1e6,
  fieldNameSize: 100,
  parts: 200,
  fieldNestingDepth: 5,
  fieldArrayIndexLimit: 100,
};

/** What a part was said to be, and what it was. */
interface Seen {
  readonly expectedLength: number | undefined;
  readonly chunks: Uint8Array[];
}

/** A request whose body comes in pieces, cut at the given places. */
function requestOf(boundary: string, body: Buffer, cuts: readonly number[]): FormSource {
  const pieces = [0, ...cuts].map((cut, i) => body.subarray(cut, cuts[i])).filter(({ length }) => length > 0);
  return {
    headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
    contentLength: body.length,
    signal: new Cancellation(),
    read: async () => pieces.shift(),
  };
}

/** Reads a form, and every file of it to its end. */
async function parse(boundary: string, body: Buffer, cuts: readonly number[]): Promise<Seen[]> {
  const seen: Seen[] = [];
  const read = async ({ read, expectedLength }: IncomingFile): Promise<void> => {
    const chunks: Uint8Array[] = [];
    seen.push({ expectedLength, chunks });
    for (let chunk = await read(); chunk; chunk = await read()) chunks.push(chunk);
  };
  const files: Promise<void>[] = [];
  const form = new Form(requestOf(boundary, body, cuts), LIMITS, new LengthHistory());
  for (let part = await form.next(); part; part = await form.next()) {
    const file = form.fileOf(part);
    if (file) files.push(read(file));
    else await form.addText(part);
  }
  await Promise.all(files);
  return seen;
}

/** Content made of what looks like the beginning of a delimiter, but never holds a whole one. */
const lookAlike = (boundary: string): fc.Arbitrary<Buffer> => {
  const delimiter = `\r\n--${boundary}`;
  const piece = fc.oneof(
    fc.nat(delimiter.length - 1).map((length) => delimiter.slice(0, length)),
    fc.constantFrom(
      '\r',
      '\n',
      '-',
      '\r\n',
      '\r\n--',
      '--',
      boundary,
      `--${boundary.slice(0, -1)}`,
      'x',
      '\r\r\n--',
    ),
  );
  return (
    fc
      .array(piece, { maxLength: 40 })
      .map((pieces) => pieces.join(''))
      // The line ends around it may complete a delimiter, too.
      .filter((text) => `\r\n${text}${delimiter}`.indexOf(delimiter) === text.length + 2)
      .map((text) => Buffer.from(text, 'latin1'))
  );
};

const form = fc
  .constantFrom(
    'b',
    '-',
    '--',
    'aab',
    '-----------------------------9051914041544843365972754266',
    '----WebKitFormBoundary7MA4YWxkTrZu0gW',
  )
  .chain((boundary) =>
    fc.record({
      boundary: fc.constant(boundary),
      parts: fc.array(fc.record({ file: fc.boolean(), content: lookAlike(boundary) }), {
        minLength: 1,
        maxLength: 4,
      }),
      cuts: fc.array(fc.nat(10_000), { maxLength: 30 }),
    }),
  );

function encode(boundary: string, parts: ReadonlyArray<{ file: boolean; content: Buffer }>): Buffer {
  const chunks = parts.flatMap(({ file, content }, i) => [
    Buffer.from(
      `--${boundary}\r\nContent-Disposition: form-data; name="p${i}"${file ? `; filename="f${i}"` : ''}\r\n\r\n`,
    ),
    content,
    Buffer.from('\r\n'),
  ]);
  return Buffer.concat([...chunks, Buffer.from(`--${boundary}--\r\n`)]);
}

it('computes the real length of the last part, for bodies of boundary-like bytes cut anywhere', async () => {
  let computed = 0;
  await fc.assert(
    fc.asyncProperty(form, async ({ boundary, parts, cuts }) => {
      const body = encode(boundary, parts);
      const slots = [...new Set(cuts.map((cut) => cut % body.length))].sort((a, b) => a - b);
      const seen = await parse(boundary, body, slots);
      const last = seen.at(-1);
      if (!last || !parts.at(-1)?.file) return;
      computed++;
      expect(last.expectedLength).toBe(Buffer.concat(last.chunks).length);
    }),
    { numRuns: RUNS },
  );
  // The property is not empty: many of the bodies end in a file.
  expect(computed).toBeGreaterThan(RUNS / 8);
});

it('never promises less than the length of a part that another follows', async () => {
  await fc.assert(
    fc.asyncProperty(form, async ({ boundary, parts, cuts }) => {
      const body = encode(boundary, parts);
      const slots = [...new Set(cuts.map((cut) => cut % body.length))].sort((a, b) => a - b);
      for (const part of await parse(boundary, body, slots)) {
        expect(part.expectedLength).toBeGreaterThanOrEqual(Buffer.concat(part.chunks).length);
      }
    }),
    { numRuns: RUNS },
  );
});

it('hands on the bytes of every file, for bodies of boundary-like bytes cut anywhere', async () => {
  await fc.assert(
    fc.asyncProperty(form, async ({ boundary, parts, cuts }) => {
      const body = encode(boundary, parts);
      const slots = [...new Set(cuts.map((cut) => cut % body.length))].sort((a, b) => a - b);
      const seen = await parse(boundary, body, slots);
      const contents = seen.map(({ chunks }) => Buffer.concat(chunks).toString('latin1'));
      const files = parts.filter(({ file }) => file);
      expect(contents).toEqual(files.map(({ content }) => content.toString('latin1')));
    }),
    { numRuns: RUNS },
  );
});

it('asks for no more of the body than its files are read', async () => {
  const body = encode('b', [
    { file: true, content: Buffer.alloc(2000) },
    { file: true, content: Buffer.alloc(2000) },
  ]);
  const cuts = Array.from({ length: Math.floor(body.length / 500) }, (_, i) => (i + 1) * 500);
  const request = requestOf('b', body, cuts);
  let asked = 0;
  const source: FormSource = { ...request, read: () => request.read().finally(() => asked++) };
  const form = new Form(source, LIMITS, new LengthHistory());
  const part = await form.next();
  const file = part && form.fileOf(part);
  expect(asked).toBe(1);
  const second = form.next();
  await new Promise(setImmediate);
  expect(asked).toBe(1);
  await file?.read();
  await new Promise(setImmediate);
  expect(asked).toBe(1);
  while (await file?.read()) {
    // To its end.
  }
  expect((await second)?.headers.name).toBe('p1');
  expect(asked).toBe(Math.ceil((body.indexOf('p1') + 20) / 500));
});

it('reads the boundary of a content type, quoted or not', () => {
  expect(boundaryOf('multipart/form-data; boundary=abc')).toBe('abc');
  expect(boundaryOf('multipart/form-data; charset=utf-8; Boundary="a b;c"')).toBe('a b;c');
  expect(boundaryOf('multipart/form-data; boundary="a\\"b"; x=y')).toBe('a"b');
  expect(boundaryOf('multipart/form-data')).toBeUndefined();
});
