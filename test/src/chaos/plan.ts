import fc from 'fast-check';
import { LIMITS, READ_AHEAD } from './servers.ts';

/** A file: so many bytes of an image, of something that only begins as one, or of no image. */
export interface FilePlan {
  readonly field: string;
  readonly size: number;
  readonly content: 'image' | 'headed' | 'text';
  readonly seed: number;
  /** How many of the form's fields come before it. */
  readonly after: number;
}

/** What is wrong with a form, or merely unusual about it. */
export type Shape =
  | 'no-crlf'
  | 'epilogue'
  | 'preamble'
  | 'cut'
  | 'other-boundary'
  | 'nameless'
  | 'broken-header'
  | 'noise'
  | 'no-form';

/** What a client does that it should not. `at` is how far it gets, in thousandths of the request. */
export type Trouble =
  | { readonly kind: 'none' }
  | { readonly kind: 'shape'; readonly shape: Shape }
  | { readonly kind: 'leave'; readonly how: 'destroy' | 'reset' | 'half-close'; readonly at: number }
  /** Sends everything and leaves so many milliseconds later. */
  | { readonly kind: 'leave-waiting'; readonly how: 'destroy' | 'reset' | 'half-close'; readonly ms: number }
  | { readonly kind: 'stall'; readonly at: number }
  /** Claims so many bytes more, or fewer, than it sends. */
  | { readonly kind: 'false-length'; readonly by: number }
  /** Writes a chunk size that is none, so far into the body. */
  | { readonly kind: 'bad-chunk'; readonly at: number };

/** One request, as data. */
export interface RequestPlan {
  readonly path: '/single' | '/fields' | '/any';
  readonly fields: readonly string[];
  readonly files: readonly FilePlan[];
  readonly chunked: boolean;
  /** Bytes of one write. */
  readonly pieceBytes: number;
  /** How many waits there are on the way, and how long each is, milliseconds. */
  readonly pauses: number;
  readonly pauseMs: number;
  readonly trouble: Trouble;
}

/** What one client does: one request after the other, over one connection while that lasts. */
export interface ClientPlan {
  /** Index of the server's variant. */
  readonly variant: number;
  readonly requests: readonly RequestPlan[];
  /** Whether requests follow without waiting for the answer before. */
  readonly pipelined: boolean;
}

const KIB = 1024;
const int = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min, max });
const around = (size: number): fc.Arbitrary<number> => int(size - 3, size + 3);
const weighted = <T>(...choices: (readonly [number, fc.Arbitrary<T>])[]): fc.Arbitrary<T> =>
  fc.oneof(...choices.map(([weight, arbitrary]) => ({ weight, arbitrary })));

const size = weighted(
  [1, fc.constantFrom(0, 1, 2, 3)],
  [6, int(4, KIB - 1)],
  [12, int(KIB, 20 * KIB)],
  [6, around(64 * KIB)],
  [6, around(READ_AHEAD)],
  [6, int(READ_AHEAD + 4, 1024 * KIB)],
  [3, int(1024 * KIB, LIMITS.fileSize)],
  [1, fc.constantFrom(LIMITS.fileSize, LIMITS.fileSize + 1)],
  [1, int(LIMITS.fileSize + 2, 2 * LIMITS.fileSize)],
);

const file = (field: fc.Arbitrary<string>): fc.Arbitrary<FilePlan> =>
  fc.record({
    ...{ field, size, seed: int(1, 1_000_000), after: int(0, 3) },
    content: weighted<FilePlan['content']>(
      [30, fc.constant('image')],
      [1, fc.constant('headed')],
      [1, fc.constant('text')],
    ),
  });

const files = (field: string, most: number): fc.Arbitrary<FilePlan[]> =>
  fc.array(file(fc.constant(field)), { maxLength: most, size: 'max' });

/** Files that the path takes, and now and then others. */
const FILES: Readonly<Record<RequestPlan['path'], fc.Arbitrary<FilePlan[]>>> = {
  '/single': weighted(
    [12, file(fc.constant('avatar')).map((one) => [one])],
    [1, files('avatar', 2)],
    [1, files('other', 1)],
  ),
  '/fields': fc
    .tuple(
      files('avatar', 1),
      files('photos', 3),
      weighted([12, fc.constant<FilePlan[]>([])], [1, files('photos', 2)]),
    )
    .map((lists) => lists.flat()),
  '/any': weighted(
    [12, fc.array(file(fc.constantFrom('a', 'b', 'c[d]')), { maxLength: 4, size: 'max' })],
    [1, files('many', LIMITS.files + 1)],
  ),
};

const how = fc.constantFrom('destroy', 'reset', 'half-close');
const trouble = weighted<Trouble>(
  [52, fc.constant({ kind: 'none' })],
  [
    10,
    fc.record({
      kind: fc.constant('shape'),
      shape: fc.constantFrom<Shape[]>(
        ...(['no-crlf', 'epilogue', 'preamble', 'cut', 'other-boundary'] as const),
        ...(['nameless', 'broken-header', 'noise', 'no-form'] as const),
      ),
    }),
  ],
  [12, fc.record({ kind: fc.constant('leave'), how, at: int(0, 999) })],
  [5, fc.record({ kind: fc.constant('leave-waiting'), how, ms: int(0, 300) })],
  [3, fc.record({ kind: fc.constant('stall'), at: int(150, 999) })],
  [2, fc.record({ kind: fc.constant('false-length'), by: fc.oneof(int(-200, -60), int(1, 5_000)) })],
  [2, fc.record({ kind: fc.constant('bad-chunk'), at: int(0, 999) })],
) as fc.Arbitrary<Trouble>;

const text = weighted(
  [8, fc.string({ unit: 'grapheme', maxLength: 60 })],
  [1, int(1, 90 * KIB).map((length) => 'long '.repeat(length / 5))],
);

const request: fc.Arbitrary<RequestPlan> = fc
  .record({
    path: fc.constantFrom<RequestPlan['path'][]>('/single', '/fields', '/any'),
    fields: fc.array(text, { maxLength: 3, size: 'max' }),
    chunked: fc.boolean(),
    pieceBytes: fc.constantFrom(1, 100, 1_400, 16_384, 65_536, 65_537, 10_000_000),
    pauses: weighted([3, fc.constant(0)], [1, int(1, 15)]),
    pauseMs: int(1, 60),
    trouble,
  })
  .chain((rest) => FILES[rest.path].map((chosen) => ({ ...rest, files: chosen, ...framing(rest.trouble) })));

/** What a trouble needs of the framing. */
const framing = ({ kind }: Trouble): Partial<RequestPlan> => {
  if (kind === 'false-length') return { chunked: false };
  return kind === 'bad-chunk' ? { chunked: true } : {};
};

const client: fc.Arbitrary<ClientPlan> = fc.record({
  variant: weighted([4, fc.constant(0)], [3, fc.constant(1)], [2, fc.constant(2)]),
  requests: fc.array(request, { minLength: 1, maxLength: 4, size: 'max' }),
  pipelined: weighted([2, fc.constant(false)], [1, fc.constant(true)]),
});

/** The clients of a round. The same seed gives the same plans. */
export function planClients(seed: number, count: number): readonly ClientPlan[] {
  return fc.sample(client, { seed, numRuns: count });
}
