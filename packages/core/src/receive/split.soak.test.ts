import fc from 'fast-check';
import { expect, inject, it } from 'vitest';
import { boundaryOf } from './boundary.ts';
import type { FilePart } from './feed.ts';
import { type FormSource, receiveForm } from './form.ts';

const RUNS = inject('soak') ? 4000 : 800;

const LIMITS = {
  fileSize: 1e9,
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
  readonly lengthIfLast: number | undefined;
  readonly chunks: Uint8Array[];
  endedInItsFirstChunk: boolean;
}

/** Feeds a body to the real parser, cut at the given places, and reads every file to its end. */
async function parse(boundary: string, body: Buffer, cuts: readonly number[]): Promise<Seen[]> {
  const seen: Seen[] = [];
  const ended: Promise<void>[] = [];
  const onFile = async ({ read, lengthIfLast }: FilePart): Promise<void> => {
    const file: Seen = {
      lengthIfLast,
      chunks: [],
      endedInItsFirstChunk: fedUntil >= (ends[seen.length] ?? 0),
    };
    seen.push(file);
    ended.push(
      (async () => {
        for (let chunk = await read(); chunk; chunk = await read()) file.chunks.push(chunk);
      })(),
    );
  };
  const ends = endsOfFiles(boundary, body);
  let fedUntil = 0;
  const request: FormSource = {
    headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
    contentLength: body.length,
    signal: new AbortController().signal,
    fail: (reason) => {
      throw reason;
    },
    feed: async (sink) => {
      for (const cut of [...cuts, body.length]) {
        const chunk = body.subarray(fedUntil, cut);
        fedUntil = cut;
        if (chunk.length > 0) await sink(chunk);
      }
    },
  };
  await receiveForm(request, LIMITS, onFile).received;
  await Promise.all(ended);
  return seen;
}

/** Where each file's closing delimiter is complete. */
function endsOfFiles(boundary: string, body: Buffer): number[] {
  const delimiter = `\r\n--${boundary}`;
  const ends: number[] = [];
  for (let at = body.indexOf('filename='); at >= 0; at = body.indexOf('filename=', at + 1)) {
    ends.push(body.indexOf(delimiter, body.indexOf('\r\n\r\n', at) + 2) + delimiter.length);
  }
  return ends;
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
      const places = [...new Set(cuts.map((cut) => cut % body.length))].sort((a, b) => a - b);
      const seen = await parse(boundary, body, places);
      const last = seen.at(-1);
      if (!last || !parts.at(-1)?.file || last.endedInItsFirstChunk) return;
      computed++;
      expect(last.lengthIfLast).toBe(Buffer.concat(last.chunks).length);
    }),
    { numRuns: RUNS },
  );
  // The property is not empty: many of the bodies end in a file that spans chunks.
  expect(computed).toBeGreaterThan(RUNS / 8);
});

it('never promises less than the length of a part that another follows', async () => {
  await fc.assert(
    fc.asyncProperty(form, async ({ boundary, parts, cuts }) => {
      const body = encode(boundary, parts);
      const places = [...new Set(cuts.map((cut) => cut % body.length))].sort((a, b) => a - b);
      for (const part of await parse(boundary, body, places)) {
        if (part.lengthIfLast === undefined || part.endedInItsFirstChunk) continue;
        expect(part.lengthIfLast).toBeGreaterThanOrEqual(Buffer.concat(part.chunks).length);
      }
    }),
    { numRuns: RUNS },
  );
});

it('hands on the bytes of every file, for bodies of boundary-like bytes cut anywhere', async () => {
  await fc.assert(
    fc.asyncProperty(form, async ({ boundary, parts, cuts }) => {
      const body = encode(boundary, parts);
      const places = [...new Set(cuts.map((cut) => cut % body.length))].sort((a, b) => a - b);
      const seen = await parse(boundary, body, places);
      const contents = seen.map(({ chunks }) => Buffer.concat(chunks).toString('latin1'));
      const files = parts.filter(({ file }) => file);
      expect(contents).toEqual(files.map(({ content }) => content.toString('latin1')));
    }),
    { numRuns: RUNS },
  );
});

it('hands on a file that arrives in small chunks while the one before is not read', async () => {
  // The first is more than the stream of a file holds; the second fits into what the parser would keep for later.
  const sizes = [20_000, 2000];
  const body = encode(
    'b',
    sizes.map((size) => ({ file: true, content: Buffer.alloc(size) })),
  );
  const lengths: Record<string, number> = {};
  let read = (): void => undefined;
  const mayRead = new Promise<void>((resolve) => {
    read = resolve;
  });
  const request: FormSource = {
    headers: { 'content-type': 'multipart/form-data; boundary=b' },
    contentLength: body.length,
    signal: new AbortController().signal,
    fail: (reason) => {
      throw reason;
    },
    feed: async (sink) => {
      for (let at = 0; at < body.length; at += 500) {
        let taken = false;
        const busy = Promise.resolve(sink(body.subarray(at, at + 500))).then(() => {
          taken = true;
        });
        await new Promise(setImmediate);
        // Nothing but the reader keeps the parser from going on.
        if (!taken) read();
        await busy;
      }
      read();
    },
  };
  const ended: Promise<void>[] = [];
  const onFile = async ({ fieldname, read }: FilePart): Promise<void> => {
    const count = async (): Promise<void> => {
      await mayRead;
      for (let chunk = await read(); chunk; chunk = await read())
        lengths[fieldname] = (lengths[fieldname] ?? 0) + chunk.length;
    };
    ended.push(count());
  };
  await receiveForm(request, LIMITS, onFile).received;
  await Promise.all(ended);
  expect(lengths).toEqual({ p0: 20_000, p1: 2000 });
});

it('reads the boundary of a content type, quoted or not', () => {
  expect(boundaryOf('multipart/form-data; boundary=abc')).toBe('abc');
  expect(boundaryOf('multipart/form-data; charset=utf-8; Boundary="a b;c"')).toBe('a b;c');
  expect(boundaryOf('multipart/form-data; boundary="a\\"b"; x=y')).toBe('a"b');
  expect(boundaryOf('multipart/form-data')).toBeUndefined();
});
