import { gzipSync } from 'node:zlib';
import { ImgwireError } from '@imgwire/core';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BOUNDARY, encodeForm } from '../support/client.ts';
import { image } from '../support/images.ts';
import { casesFor } from '../support/sample.ts';
import { startStorage } from '../support/storage-target.ts';
import { type RunningTarget, TARGETS } from '../support/targets.ts';
import { overRest } from '../support/upload-suite.ts';
import { exchange, statuses } from '../support/wire.ts';
import {
  DISPOSITIONS,
  FILE_HEADERS,
  type FormHeader,
  REQUEST_HEADERS,
  TEXT_HEADERS,
} from './form-headers.ts';

// Bytes and headers that nobody accounts for: each is used, known to be harmless, or refused (docs/forms.md).

const png = await image('image/png');
const DELIMITER = `--${BOUNDARY}`;
const NAMED = 'Content-Disposition: form-data; name="a"; filename="a.png"';
const TEXT = 'Content-Disposition: form-data; name="a"';
const form = (head: string, content: string | Uint8Array = png): Buffer =>
  Buffer.concat([
    Buffer.from(`${DELIMITER}\r\n${head}\r\n\r\n`),
    Buffer.from(content as Uint8Array),
    Buffer.from(`\r\n${DELIMITER}--\r\n`),
  ]);
const good = encodeForm([
  { name: 'title', value: 'x' },
  { name: 'a', fileName: 'a.png', bytes: png },
]);

/** What stands where no form begins, or goes on where one has ended. */
const AROUND: Readonly<Record<string, Buffer>> = {
  'a byte order mark before the first delimiter': Buffer.concat([Buffer.from('\ufeff'), good]),
  'a line feed before the first delimiter': Buffer.concat([Buffer.from('\n'), good]),
  'a space before the first delimiter': Buffer.concat([Buffer.from(' '), good]),
  'text before the first delimiter': Buffer.concat([Buffer.from('text'), good]),
  'a first delimiter without its dashes': good.subarray(2),
  'a first delimiter with one dash': good.subarray(1),
  'a first delimiter without its dashes, behind a preamble': Buffer.concat([
    Buffer.from('text\r\n'),
    good.subarray(2),
  ]),
  'a delimiter in the middle of a line of the preamble': Buffer.concat([
    Buffer.from(`text ${DELIMITER}\r\n`),
    good,
  ]),
  'a second form behind the first': Buffer.concat([good, good]),
  'a part behind the end': Buffer.concat([good, form(TEXT, 'lost')]),
  'a file whose content ends the form, and goes on': form(
    NAMED,
    Buffer.concat([png, Buffer.from(`\r\n${DELIMITER}--\r\n`), png]),
  ),
};

/** Bytes that are no text, each in a field that says or assumes a charset. */
const NO_TEXT: Readonly<Record<string, Buffer>> = {
  'a text that is not UTF-8': form(TEXT, Uint8Array.of(0x47, 0x72, 0xfc, 0xdf, 0x65)),
  'an image in a text field': form(TEXT),
  'half a character at the end of a text': form(TEXT, Buffer.from('€').subarray(0, 2)),
  'a text that is not in its charset': form(
    `${TEXT}\r\nContent-Type: text/plain; charset=shift_jis`,
    Uint8Array.of(0x81),
  ),
  'a field name that is not UTF-8': Buffer.concat([
    Buffer.from(`${DELIMITER}\r\n${TEXT.slice(0, -2)}`),
    Uint8Array.of(0xfc),
    Buffer.from(`"\r\n\r\nx\r\n${DELIMITER}--\r\n`),
  ]),
};

const chunked = (body: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from('\r\n0\r\n\r\n')]);

function send(url: string, body: Uint8Array, ...headers: readonly string[]): Promise<string> {
  const isChunked = headers.some((line) => /^transfer-encoding/i.test(line));
  const head = [
    'POST /any HTTP/1.1',
    'Host: a',
    'Connection: close',
    `Content-Type: multipart/form-data; boundary=${BOUNDARY}`,
    ...(isChunked ? [] : [`Content-Length: ${body.length}`]),
    ...headers,
  ];
  return exchange(url, { bytes: [`${head.join('\r\n')}\r\n\r\n`, isChunked ? chunked(body) : body] });
}

const cases = (headers: readonly FormHeader[]): [string, string, FormHeader['outcome']][] =>
  headers.flatMap(({ name, examples, outcome }) =>
    examples.map((value): [string, string, FormHeader['outcome']] => [name, value, outcome]),
  );

describe.each(TARGETS)('$name', (target) => {
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
  const expectOutcome = (answer: string, outcome: FormHeader['outcome'], images: number): void => {
    const status = outcome === 'stored' ? 200 : new ImgwireError(outcome).status;
    expect(statuses(answer), answer).toEqual([status]);
    if (outcome !== 'stored') expect(answer).toContain(`"code":"${outcome}"`);
    expect(emulator.images.list()).toHaveLength(outcome === 'stored' ? images : 0);
  };

  it.each(casesFor(target, cases(REQUEST_HEADERS)))(
    'takes a request with %s: %j for what it is: %s',
    async (name, value, outcome) => {
      expectOutcome(await send(app.url, good, `${name}: ${value}`), outcome, 1);
    },
  );

  it('says with which Content-Encoding it would take a form (RFC 9110, section 15.5.16)', async () => {
    const answer = await send(app.url, gzipSync(good), 'Content-Encoding: gzip');
    expect(answer).toMatch(/^accept-encoding: identity\r$/im);
  });

  it.each(casesFor(target, cases(FILE_HEADERS)))(
    'takes a file with %s: %j for what it is: %s',
    async (name, value, outcome) => {
      expectOutcome(await send(app.url, form(`${NAMED}\r\n${name}: ${value}`)), outcome, 1);
    },
  );

  it.each(casesFor(target, cases(TEXT_HEADERS)))(
    'takes a text with %s: %j for what it is: %s',
    async (_name, value, outcome) => {
      expectOutcome(await send(app.url, form(`${TEXT}\r\nContent-Type: ${value}`, 'text')), outcome, 0);
    },
  );

  it.each(casesFor(target, cases(DISPOSITIONS)))(
    'takes a part with %s in %j for what it is: %s',
    async (_name, value, outcome) => {
      expectOutcome(await send(app.url, form(`Content-Disposition: form-data; ${value}`)), outcome, 1);
    },
  );

  it.each(casesFor(target, Object.entries({ ...AROUND, ...NO_TEXT })))(
    'refuses a form with %s',
    async (_name, body) => {
      expectOutcome(await send(app.url, body), 'MALFORMED_MULTIPART', 0);
    },
  );
});

describe('behind a multer with our storage', () => {
  let emulator: Emulator;
  let app: RunningTarget;
  beforeAll(async () => {
    emulator = await startEmulator();
    app = await startStorage(overRest(emulator));
  });
  beforeEach(() => emulator.reset());
  afterAll(async () => {
    await app.close();
    await emulator.close();
  });

  it.each(cases(REQUEST_HEADERS))(
    'takes a request with %s: %j for what it is: %s',
    async (name, value, outcome) => {
      const answer = await send(app.url, good, `${name}: ${value}`);
      expect(statuses(answer), answer).toEqual([
        outcome === 'stored' ? 200 : new ImgwireError(outcome).status,
      ]);
      expect(emulator.images.list()).toHaveLength(outcome === 'stored' ? 1 : 0);
    },
  );
});
