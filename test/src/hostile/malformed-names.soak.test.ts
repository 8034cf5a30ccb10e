import { type Emulator, startEmulator } from '@imgwire/emulator';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BOUNDARY, encodeForm } from '../support/client.ts';
import { image } from '../support/images.ts';
import { sample } from '../support/sample.ts';
import { type RunningTarget, TARGETS } from '../support/targets.ts';
import { overRest } from '../support/upload-suite.ts';
import { exchange, statuses } from '../support/wire.ts';

const png = await image('image/png');
const good = encodeForm([{ name: 'a', fileName: 'a.png', bytes: png }]);

/** A form of one part, which has these parameters in its disposition. */
const form = (parameters: string, content: Uint8Array = png): Buffer =>
  Buffer.concat([
    Buffer.from(`--${BOUNDARY}\r\nContent-Disposition: form-data; ${parameters}\r\n\r\n`),
    content,
    Buffer.from(`\r\n--${BOUNDARY}--\r\n`),
  ]);
const post = (body: Uint8Array, ...headers: string[]): (string | Uint8Array)[] => [
  [
    'POST /any HTTP/1.1',
    'Host: a',
    `Content-Type: multipart/form-data; boundary=${BOUNDARY}`,
    `Content-Length: ${body.length}`,
    ...headers,
    '\r\n',
  ].join('\r\n'),
  body,
];

/** What a file is called by its client, and what it is then called: nothing of a path, on whatever system. */
const FILE_NAMES: ReadonlyArray<readonly [parameter: string, originalname: string]> = [
  ['filename="../../etc/passwd"', 'passwd'],
  ['filename="/etc/passwd"', 'passwd'],
  ['filename="C:\\x\\y.png"', 'y.png'],
  ['filename="..\\..\\y.png"', 'y.png'],
  ['filename="\\\\server\\share\\y.png"', 'y.png'],
  ["filename*=UTF-8''..%2F..%2Fetc%2Fpasswd", 'passwd'],
  ["filename*=UTF-8''..%5C..%5Cy.png", 'y.png'],
  ["filename*=UTF-8''na%C3%AFve%20file.png", 'naïve file.png'],
  ["filename*=utf-8'de'%e2%82%ac.png", '€.png'],
  ["filename*=iso-8859-1''%E9.png", 'é.png'],
  [`filename="plain.png"; filename*=UTF-8''%E2%82%AC.png`, '€.png'],
  [`filename*=UTF-8''%E2%82%AC.png; filename="plain.png"`, '€.png'],
  ['filename="50%.png"', '50%.png'],
  ['filename="%2e%2e%2fx.png"', '%2e%2e%2fx.png'],
  ['filename="a%22b%22.png"', 'a"b".png'],
  ['filename="a\\"b\\".png"', 'a"b".png'],
  ['filename=token.png', 'token.png'],
  ['filename=".png"', '.png'],
  [`filename="${'€'.repeat(5000)}.png"`, `${'€'.repeat(5000)}.png`],
  ['FILENAME="upper.png"', 'upper.png'],
  // The name of a folder, once its control characters are gone.
  ['filename=".%0A."', ''],
  ["filename*=UTF-8''..%00", ''],
];

const MALFORMED = ['MALFORMED_MULTIPART', 400] as const;
const REFUSED: Readonly<Record<string, readonly [parameters: string, code: string, status: number]>> = {
  'a NUL in the field name': ['name="a\0b"; filename="a.png"', ...MALFORMED],
  'a NUL in the file name': ['name="a"; filename="a\0.png"', ...MALFORMED],
  'a CR in the field name': ['name="a\rb"; filename="a.png"', ...MALFORMED],
  'a CR in the file name': ['name="a"; filename="a\rb.png"', ...MALFORMED],
  'an LF in the field name': ['name="a\nb"; filename="a.png"', ...MALFORMED],
  'an LF in the file name': ['name="a"; filename="a\nb.png"', ...MALFORMED],
  'a file name that is a directory': ['name="a"; filename="x/"', ...MALFORMED],
  'a file name that is the directory above': ['name="a"; filename=".."', ...MALFORMED],
  'a file name of 20,000 characters': [`name="a"; filename="${'x'.repeat(20_000)}"`, ...MALFORMED],
  'a field name of 101 bytes': [`name="${'x'.repeat(101)}"; filename="a.png"`, 'LIMIT_FIELD_KEY', 400],
  'an extended field name, which RFC 7578 has not': [
    `name*=UTF-8''a; filename="a.png"`,
    'MISSING_FIELD_NAME',
    400,
  ],
};

describe.each(sample(TARGETS))('$name', (target) => {
  let emulator: Emulator;
  let app: RunningTarget;
  beforeAll(async () => {
    emulator = await startEmulator();
    app = await target.start(overRest(emulator));
  });
  beforeEach(() => emulator.reset());
  afterAll(async () => {
    await app.close();
    await emulator.close();
  });

  it.each(FILE_NAMES)('calls a file with %s by its name alone', async (parameter, originalname) => {
    const bytes = post(form(`name="a"; ${parameter}`), 'Connection: close');
    const answer = Buffer.from(await exchange(app.url, { bytes }), 'latin1').toString();
    expect(statuses(answer), answer).toEqual([200]);
    const json = JSON.parse(answer.slice(answer.indexOf('{'), answer.lastIndexOf('}') + 1));
    expect(json.files).toMatchObject([{ fieldname: 'a', originalname }]);
    expect(emulator.images.list()).toMatchObject([{ original_filename: originalname || 'upload.png' }]);
  });

  it.each(Object.entries(REFUSED))(
    'refuses %s, and takes the next form',
    async (_name, [parameters, code, status]) => {
      const bytes = [...post(form(parameters)), ...post(good, 'Connection: close')];
      const answer = await exchange(app.url, { bytes });
      expect(statuses(answer), answer).toEqual([status, 200]);
      expect(answer).toContain(`"code":"${code}"`);
      expect(emulator.images.list()).toHaveLength(1);
    },
  );

  it('takes encoded line ends in the name of a field for the characters that they are', async () => {
    const bytes = post(form('name="a%0D%0Ab"', Buffer.from('text')), 'Connection: close');
    const answer = await exchange(app.url, { bytes });
    expect(statuses(answer), answer).toEqual([200]);
    expect(answer).toContain(JSON.stringify({ 'a\r\nb': 'text' }).slice(1, -1));
  });
});
