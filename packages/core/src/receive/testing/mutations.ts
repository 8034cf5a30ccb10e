import fc from 'fast-check';
import { weighted } from './arbitraries.ts';

/** A change of a body, in latin1, of a form with the given boundary. */
type Mutation = (body: string, boundary: string) => string;

/** Where it strikes: at a line end, or near one, as that is where the structure is; or anywhere. */
const place = weighted<[number, number | undefined]>(
  [3, fc.tuple(fc.nat(40), fc.integer({ min: -3, max: 4 }))],
  [2, fc.tuple(fc.nat(10_000), fc.constant(undefined))],
).map(([at, near]) => (body: string): number => {
  if (near === undefined) return Math.floor((at * body.length) / 10_001);
  const lineEnds = [...body.matchAll(/\r\n/g)].map(({ index }) => index);
  const lineEnd = lineEnds[at % Math.max(1, lineEnds.length)] ?? 0;
  return Math.min(Math.max(lineEnd + near, 0), body.length);
});

const splice = (body: string, at: number, removed: number, added = ''): string =>
  body.slice(0, at) + added + body.slice(at + removed);

const BYTES = '\r\n-- \t;"\\=:%*/[]ab\0\x7f\x80\xff'.split('');
const bytes = fc.constantFrom(...BYTES);
/** `B` stands for the boundary. */
const INSERTS = [
  ...[
    '\r\n',
    '\r\n\r\n',
    '\r\n ',
    '\n',
    '--',
    '--B',
    '\r\n--B',
    '\r\n--B\r\n',
    '\r\n--B--',
    '\r\n--B--\r\n',
    '\r\n--B ',
    '\r\n--B-',
  ],
  ...[
    'B\r\n',
    '\n--B\r\n',
    '\r--B\r\n',
    '\r\n-B\r\n',
    '\r\n--BB\r\n',
    '; name="z"',
    '; filename="z"',
    "; filename*=utf-8''z",
    '"',
    '\\"',
    ';',
    '%22',
  ],
  ...[
    '\r\nContent-Type: text/plain',
    '\r\nContent-Disposition: form-data; name="y"',
    '\r\nX-Y: z',
    '\r\n--B\r\nContent-Disposition: form-data; name="w"\r\n\r\nw',
  ],
];

const atBytes: fc.Arbitrary<Mutation> = fc.oneof(
  fc.tuple(place, bytes).map(
    ([at, byte]): Mutation =>
      (body) =>
        splice(body, at(body), 1, byte),
  ),
  fc.tuple(place, bytes).map(
    ([at, byte]): Mutation =>
      (body) =>
        splice(body, at(body), 0, byte),
  ),
  fc.tuple(place, fc.constantFrom(...INSERTS)).map(
    ([at, text]): Mutation =>
      (body, boundary) =>
        splice(body, at(body), 0, text.replaceAll('B', boundary)),
  ),
  fc.tuple(place, fc.integer({ min: 1, max: 4 })).map(
    ([at, count]): Mutation =>
      (body) =>
        splice(body, at(body), count),
  ),
  fc.tuple(place, place).map(
    ([from, to]): Mutation =>
      (body) =>
        splice(body, from(body), 0, body.slice(from(body), to(body))),
  ),
);

const truncated: fc.Arbitrary<Mutation> = place.map((at) => (body) => body.slice(0, at(body)));

type LineChange = (lines: string[], at: number, other: number) => string[];
const LINE_CHANGES: readonly LineChange[] = [
  (lines, at) => lines.toSpliced(at, 1),
  (lines, at) => lines.toSpliced(at, 0, lines[at] ?? ''),
  (lines, at, other) => lines.with(at, lines[other] ?? '').with(other, lines[at] ?? ''),
  (lines, at, other) => lines.toSpliced(other, 0, lines[at] ?? ''),
  (lines, at) => lines.with(at, (lines[at] ?? '').toUpperCase()),
  (lines, at) => lines.with(at, (lines[at] ?? '').toLowerCase()),
  (lines, at) => lines.toSpliced(at, 2, `${lines[at]}\n${lines[at + 1] ?? ''}`),
  (lines, at) => lines.toSpliced(at, 2, `${lines[at]}\r${lines[at + 1] ?? ''}`),
  (lines, at) => lines.with(at, ` ${lines[at]}`),
  (lines, at) => lines.with(at, `${lines[at]} `),
  (lines, at) => lines.with(at, (lines[at] ?? '').replace(/ /, '\r\n ')),
];

/** Lines of a body: removed, doubled, exchanged, put together. */
const atLines: fc.Arbitrary<Mutation> = fc
  .tuple(fc.constantFrom(...LINE_CHANGES), fc.nat(40), fc.nat(40))
  .map(([change, at, other]) => (body) => {
    const lines = body.split('\r\n');
    return change(lines, at % lines.length, other % lines.length).join('\r\n');
  });

/** Parameters of a header: removed, doubled, exchanged. */
const atParameters: fc.Arbitrary<Mutation> = fc
  .tuple(fc.constantFrom(...LINE_CHANGES.slice(0, 6)), fc.nat(20), fc.nat(5), fc.nat(5))
  .map(([change, line, at, other]) => (body) => {
    const lines = body.split('\r\n');
    const headers = lines.flatMap((text, i) => (text.includes(';') ? [i] : []));
    const found = headers[line % Math.max(1, headers.length)];
    if (found === undefined) return body;
    const parameters = (lines[found] ?? '').split(';');
    const changed = change(parameters, at % parameters.length, other % parameters.length);
    return lines.with(found, changed.join(';')).join('\r\n');
  });

/** A line end that is only half of one, or another, all over the body. */
const everyLineEnd: fc.Arbitrary<Mutation> = fc
  .constantFrom('\n', '\r', '\r\r\n', '\n\r')
  .map((lineEnd) => (body) => body.replaceAll('\r\n', lineEnd));

const mutation: fc.Arbitrary<Mutation> = weighted(
  [16, atBytes],
  [6, atLines],
  [4, atParameters],
  [2, truncated],
  [1, everyLineEnd],
);

/** None for many bodies, one for most others. */
export const mutations: fc.Arbitrary<readonly Mutation[]> = weighted<Mutation[]>(
  [6, fc.constant([])],
  [4, mutation.map((each) => [each])],
  [1, fc.array(mutation, { minLength: 2, maxLength: 3 })],
);
