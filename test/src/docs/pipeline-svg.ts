/** The colours of one drawing. */
interface Theme {
  readonly ink: string;
  readonly soft: string;
  readonly line: string;
  readonly box: string;
  readonly accent: string;
}

/** GitHub's own colours, so that the drawing stands in its page. */
const THEMES: Readonly<Record<'light' | 'dark', Theme>> = {
  light: { ink: '#1f2328', soft: '#59636e', line: '#818b98', box: '#f6f8fa', accent: '#0969da' },
  dark: { ink: '#f0f6fc', soft: '#9198a1', line: '#656c76', box: '#151b23', accent: '#4493f8' },
};

const STEPS = [
  ['request', 'authorize, size'],
  ['form', 'multer, limits'],
  ['read ahead', '256 KiB'],
  ['inspect', 'type, pixels'],
  ['length', 'exact, to the byte'],
  ['create', 'the record'],
] as const;

const BOX = { width: 118, height: 52, gap: 16, top: 74, left: 94 };
const leftOf = (at: number): number => BOX.left + at * (BOX.width + BOX.gap);
const right = leftOf(STEPS.length - 1) + BOX.width;
const middle = BOX.top + BOX.height / 2;

/** Draws a file's way from the client to Imgwire. */
export function pipelineSvg(name: keyof typeof THEMES): string {
  const { ink, soft, line, box, accent } = THEMES[name];
  const text = (
    x: number,
    y: number,
    size: number,
    fill: string,
    content: string,
    anchor = 'middle',
  ): string =>
    `<text x="${x}" y="${y}" font-size="${size}" fill="${fill}" text-anchor="${anchor}">${content}</text>`;
  const arrow = (from: number, to: number, y: number, stroke: string): string =>
    `<path d="M${from} ${y}H${to - 5}" stroke="${stroke}" stroke-width="1.5" fill="none"/><path d="M${to} ${y}l-7 -4v8z" fill="${stroke}"/>`;
  const steps = STEPS.flatMap(([title, detail], at) => {
    const centre = leftOf(at) + BOX.width / 2;
    return [
      `<rect x="${leftOf(at)}" y="${BOX.top}" width="${BOX.width}" height="${BOX.height}" rx="6" fill="${box}" stroke="${line}"/>`,
      text(centre, BOX.top + 22, 14, ink, title),
      text(centre, BOX.top + 40, 11, soft, detail),
      at > 0 ? arrow(leftOf(at) - BOX.gap, leftOf(at), middle, line) : '',
    ];
  });
  const copyY = BOX.top + BOX.height + 44;
  const from = leftOf(2) + BOX.width / 2;
  const width = right + 94;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="222" viewBox="0 0 ${width} 222" font-family="-apple-system, 'Segoe UI', 'Noto Sans', Helvetica, Arial, sans-serif" role="img">`,
    '<title>The bytes of a file flow from the client through the steps to Imgwire while they are being received; a copy in memory or in a nameless temporary file is there to send them again.</title>',
    text(BOX.left, 28, 13, soft, 'your Node server', 'start'),
    `<path d="M${BOX.left} 38H${right}" stroke="${line}" stroke-dasharray="3 4"/>`,
    text(46, middle - 8, 14, ink, 'client'),
    arrow(8, BOX.left, middle + 4, accent),
    ...steps.filter(Boolean),
    text(right + 48, middle - 8, 14, ink, 'Imgwire'),
    arrow(right, right + 86, middle + 4, accent),
    text(right + 48, middle + 24, 11, soft, 'PUT, while'),
    text(right + 48, middle + 38, 11, soft, 'it arrives'),
    `<path d="M${from} ${BOX.top + BOX.height}V${copyY}H${right + 48}V${middle + 50}" stroke="${line}" stroke-width="1.5" stroke-dasharray="5 4" fill="none"/>`,
    `<path d="M${right + 48} ${middle + 46}l-4 7h8z" fill="${line}"/>`,
    text(
      (from + right + 48) / 2,
      copyY - 8,
      12,
      soft,
      'replay copy: memory, or a nameless temporary file; sent if the PUT fails or another part follows',
    ),
    text(
      BOX.left,
      206,
      12,
      soft,
      'One failure cancels every PUT of the form, deletes its records, and answers problem+json with a code.',
      'start',
    ),
    '</svg>',
    '',
  ].join('\n');
}
