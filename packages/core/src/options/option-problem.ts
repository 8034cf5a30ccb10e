import { didYouMean, threeNearest } from './did-you-mean.ts';

/** What is wrong inside an option. */
export interface OptionProblem {
  /** The path in front of the wrong option's name: `limits.`, `fields[0].`. */
  readonly parent: string;
  readonly name: string;
  /** What its value must be; undefined if the option itself is unknown. */
  readonly expected?: string;
  /** What to write instead of an unknown one. */
  readonly instead?: string;
  /** The known option that an unknown one was meant to be, if one is near. */
  readonly meant?: string;
}

/** The checks of an object's options, by their names. */
export type Checks = Readonly<Record<string, Check>>;

/** Checks one option's value. Returns what is expected if the value is wrong, or what is wrong inside it. */
export interface Check {
  (value: unknown): string | OptionProblem | undefined;
  /** The options inside, for an option that is an object. */
  readonly inside?: Checks;
  /** What to write instead, for a name that is no option. */
  readonly instead?: string;
}

/**
 * Returns what is wrong with an option, or inside it; undefined if nothing is.
 *
 * @param listedIn the page that has all of the options
 */
export function wrongOption(
  key: string,
  value: unknown,
  checks: Checks,
  listedIn = 'docs/options.md of @imgwire/core',
): OptionProblem | undefined {
  const known = Object.hasOwn(checks, key) ? checks[key] : undefined;
  if (known?.instead !== undefined) {
    return value === undefined ? undefined : { parent: '', name: key, instead: known.instead };
  }
  if (!known) return { parent: '', name: key, ...insteadOf(key, checks, listedIn) };
  const wrong = value === undefined ? undefined : known(value);
  if (typeof wrong === 'object') return { ...wrong, parent: key + wrong.parent };
  return wrong === undefined ? undefined : { parent: '', name: key, expected: wrong };
}

/** So many names are listed in full. */
const FEW = 8;

const OF_INSTANCE =
  'it belongs to the instance, not to a route: write it in imgwireUpload(), or where the plugin or the module is registered';

/** Names that people look for in the wrong place: the names, an option beside which they look, and what to write. */
const ELSEWHERE: ReadonlyArray<readonly [names: readonly string[], beside: string, instead: string]> = [
  [
    ['storage'],
    'limits',
    'the files go to Imgwire: for a multer of your own, write multer({ storage: imgwireStorage() })',
  ],
  [['dest', 'bucket'], 'limits', 'leave it out: the files go to Imgwire, not to a folder'],
  [['resize', 'transformations'], 'limits', 'leave it out: give it to image.url()'],
  [['defParamCharset'], 'limits', 'leave it out: names are UTF-8'],
  [['preservePath'], 'limits', 'leave it out: a name never has a path'],
  [['headerPairs'], 'fieldNestingDepth', 'leave it out: headers are limited to 16 KiB'],
  [
    [
      ...['apiKey', 'baseUrl', 'environmentId', 'client', 'dispatcher', 'imgwire', 'logger'],
      ...['onRollbackFailed', 'beforeCreate', 'connectTimeoutMs', 'requestTimeoutMs', 'putIdleTimeoutMs'],
      ...['maxAttempts', 'maxConcurrentUploads', 'maxBufferedBytes', 'maxReplayBytes', 'closeTimeoutMs'],
      'queueTimeoutMs',
    ],
    'limits',
    OF_INSTANCE,
  ],
  [['minPixels'], 'minWidth', 'write minWidth and minHeight instead'],
  [['metadata'], 'customMetadata', 'write customMetadata or purpose instead'],
  ...['purpose', 'customMetadata', 'idempotencyKey', 'fileName'].map(
    (name) => [[name], 'metadata', `it belongs to an image: write metadata: () => ({ ${name} })`] as const,
  ),
];

function insteadOf(key: string, checks: Checks, listedIn: string): Pick<OptionProblem, 'instead' | 'meant'> {
  const names = namesOf(checks);
  const elsewhere = ELSEWHERE.find(([its, beside]) => its.includes(key) && names.includes(beside));
  if (elsewhere) return { instead: elsewhere[2] };
  const inside = names.flatMap((name) => namesOf(checks[name]?.inside ?? {}).map((its) => `${name}.${its}`));
  const near = didYouMean(key, [...names, ...inside]);
  if (near !== undefined) return { meant: near };
  if (names.length <= FEW) return { instead: `the options are ${names.join(', ')}` };
  const nearest = threeNearest(key, [...names, ...inside]).join(', ');
  return { instead: `${nearest && `the nearest: ${nearest}; `}all options are in ${listedIn}` };
}

/** The options, without names that are none. */
const namesOf = (checks: Checks): string[] =>
  Object.keys(checks).filter((name) => checks[name]?.instead === undefined);
