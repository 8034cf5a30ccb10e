const KIB = 1024;
const UNITS: ReadonlyArray<readonly [name: string, bytes: number]> = [
  ['GiB', KIB ** 3],
  ['MiB', KIB ** 2],
  ['KiB', KIB],
];

/** Formats a number of bytes for a message: `10485760 bytes (10 MiB)`. People think in the second unit. */
export function formatBytes(bytes: number): string {
  const [name, size] = UNITS.find(([, least]) => bytes >= least) ?? [];
  if (!name || !size) return `${bytes} bytes`;
  const rounded = Math.round((bytes / size) * 10) / 10;
  return `${bytes} bytes (${rounded * size === bytes ? '' : 'about '}${rounded} ${name})`;
}

/** Converts an amount with its unit to a number to write; undefined for any other text. */
export type UnitParser = (text: string) => string | undefined;

const parser =
  (pattern: RegExp, factors: Readonly<Record<string, string>>): UnitParser =>
  (text) => {
    const [, amount = '', unit = ''] = pattern.exec(text.trim().toLowerCase()) ?? [];
    const factor = factors[unit];
    return amount === '' || factor === undefined ? undefined : [amount, factor].filter(Boolean).join(' * ');
  };

/** Reads a text such as `10mb`. */
export const readBytes: UnitParser = parser(/^(\d+(?:\.\d+)?)\s*([kmg]?)(?:i?b|bytes?)?$/, {
  '': '',
  k: '1024',
  m: '1024 * 1024',
  g: '1024 * 1024 * 1024',
});

/** Reads a text such as `10s`. */
export const readMilliseconds: UnitParser = parser(/^(\d+(?:\.\d+)?)\s*(ms|s|sec|m|min|h)?$/, {
  '': '',
  ms: '',
  s: '1000',
  sec: '1000',
  m: '60_000',
  min: '60_000',
  h: '3_600_000',
});

/** Reads digits. */
export const readInteger: UnitParser = parser(/^(\d+)()$/, { '': '' });
