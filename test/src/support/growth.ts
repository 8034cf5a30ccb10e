/** Processor time of this process, in milliseconds: what others do on this machine does not count. */
function spent(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** The processor time of a run, in milliseconds. */
export async function costOf(run: () => unknown): Promise<number> {
  const start = spent();
  await run();
  return spent() - start;
}

const WORDS = Array.from({ length: 200_000 }, (_, index) => `${index % 1000}`);

/** What is below this is too small to be judged: a quarter of what it takes to join and split 200,000 words. */
let least: Promise<number> | undefined;
async function measureLeast(): Promise<number> {
  const costs = [];
  for (let round = 0; round < 5; round += 1)
    costs.push(await costOf(() => WORDS.join(' ').split(' ').length));
  return Math.min(...costs) / 4;
}

const ROUNDS = 12;
/** A bound of {@link growth}, which is 4 for linear work and 16 for quadratic work, in all that can be told on a busy machine. */
export const LINEAR = 8;

/**
 * By what factor the cost of a run grows from half an input to twice the input; 1 if it is too small to be judged. The smallest cost of
 * several runs counts, and no more runs are made than it takes to see that the growth is linear.
 *
 * @param run handles an input of so many bytes, in this process
 */
export async function growth(run: (size: number) => unknown, size: number): Promise<number> {
  least ??= measureLeast();
  const floor = await least;
  let [small, large] = [Infinity, Infinity];
  for (let round = 0; round < ROUNDS; round += 1) {
    large = Math.min(large, await costOf(() => run(2 * size)));
    if (large < floor) return 1;
    small = Math.min(small, await costOf(() => run(size / 2)));
    if (round > 0 && large / small < LINEAR) break;
  }
  return large / small;
}

/** What a client may repeat: what separates, quotes, nests, escapes, or is encoded, and what regular expressions try twice. */
const REPEATED = [
  ...[' ', '\t', 'a', 'a ', '0', '-', '.', 'a.', '/', '\\', '../', '%2e', '%'],
  ...[
    '"',
    '\\"',
    'W/"',
    '"a",',
    ',',
    ';',
    'a=',
    ':',
    '1:',
    '&',
    'w=1&',
    '@',
    '{',
    '[',
    '*',
    '\u00fc',
    '\u0301\u0316',
  ],
];

/** Texts of about so many characters, each of one repetition, and one in which no character repeats soon. */
function repetitions(size: number): Map<string, string> {
  const texts = REPEATED.map((each) => [each, each.repeat(Math.ceil(size / each.length))] as const);
  const others = Array.from({ length: size }, (_, index) => String.fromCodePoint(0x4e00 + (index % 20_000)));
  return new Map([...texts, ['20,000 characters', others.join('')]]);
}

/** The repetitions for which the work grows faster than they do. */
export async function steepOf(
  size: number,
  send: ((repeated: string) => unknown) | undefined,
): Promise<string[]> {
  const steep = [];
  for (const name of repetitions(1).keys()) {
    const factorAt = (middle: number): Promise<number> => {
      const texts = new Map(
        [middle / 2, 2 * middle].map((each) => [each, repetitions(each).get(name) ?? '']),
      );
      return growth((each) => send?.(texts.get(each) ?? ''), middle);
    };
    const factor = await factorAt(size);
    // Where garbage begins to be collected is a step at one size. What grows with the square is as steep at the next.
    if (factor >= LINEAR && (await factorAt(2 * size)) >= LINEAR) steep.push(`${name}: ${factor.toFixed(1)}`);
  }
  return steep;
}
