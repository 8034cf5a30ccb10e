import { type Emulator, startEmulator } from '@imgwire/emulator';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BOUNDARY } from '../support/client.ts';
import { image, imageOfSize } from '../support/images.ts';
import { casesFor, inFull } from '../support/sample.ts';
import { type RunningTarget, TARGETS } from '../support/targets.ts';
import { overRest } from '../support/upload-suite.ts';
import { exchange, statuses } from '../support/wire.ts';

const png = await image('image/png');
const large = await imageOfSize('image/jpeg', 400_000);
const DELIMITER = `--${BOUNDARY}`;
const NAMED = 'Content-Disposition: form-data; name="a"; filename="a.png"';
const form = (head: string, content: Uint8Array = png, delimiter = DELIMITER): Buffer =>
  Buffer.concat([
    Buffer.from(`${delimiter}\r\n${head}\r\n\r\n`),
    content,
    Buffer.from(`\r\n${DELIMITER}--\r\n`),
  ]);
const disposed = (parameters: string): Buffer => form(`Content-Disposition: form-data; ${parameters}`);

/** The form has one file. It may be refused, or stored whole; a success without it is a loss that nobody is told of. */
const LOST: Readonly<Record<string, Buffer>> = {
  // RFC 2046, section 5.1.1: "transport-padding", which a receiver must take.
  'a space behind the delimiter': form(NAMED, png, `${DELIMITER} `),
  'a tab behind the delimiter': form(NAMED, png, `${DELIMITER}\t`),
  'no disposition': form('Content-Type: image/png'),
  'an empty disposition': form('Content-Disposition:'),
  'another disposition than form-data': form('Content-Disposition: attachment; name="a"; filename="a.png"'),
  'a semicolon at the end of the disposition': disposed('name="a"; filename="a.png";'),
  'quotes in the file name that are not escaped': disposed('name="a"; filename="my "best" photo.png"'),
  'no end of the quotes': disposed('name="a"; filename="a.png'),
  'a header in the file name': disposed('name="a"; filename="a.png\r\nX: y"'),
  'a file name with a space and no quotes': disposed('name=a; filename=my photo.png'),
  'spaces around the equals sign': disposed('name = "a"; filename = "a.png"'),
  'half a percent code in the extended file name': disposed(
    `name="a"; filename="a.png"; filename*=UTF-8''%ZZ.png`,
  ),
  'an unknown character set': disposed(`name="a"; filename*=nope''a.png`),
  'an empty extended file name': disposed(`name="a"; filename*=UTF-8''`),
  'more header pairs than the parser keeps, before the disposition': form(
    `${'X:1\r\n'.repeat(2001)}${NAMED}`,
  ),
};

/** The second of two files, so that `required` and a look at `req.image` do not notice either. */
const second = Buffer.concat([
  form(NAMED).subarray(0, -DELIMITER.length - 4),
  Buffer.from(`${DELIMITER} \r\nContent-Disposition: form-data; name="b"; filename="b.png"\r\n\r\n`),
  png,
  Buffer.from(`\r\n${DELIMITER}--\r\n`),
]);

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
  const send = async (body: Uint8Array): Promise<number[]> => {
    const head = [
      'POST /any HTTP/1.1',
      'Host: a',
      'Connection: close',
      `Content-Type: multipart/form-data; boundary=${BOUNDARY}`,
      `Content-Length: ${body.length}`,
    ];
    return statuses(await exchange(app.url, { bytes: [`${head.join('\r\n')}\r\n\r\n`, body] }));
  };

  it.each(casesFor(target, Object.entries(LOST)))(
    'does not answer 200 and lose a file with %s',
    async (_name, body) => {
      const [status] = await send(body);
      expect([status, emulator.images.list().length]).toEqual(status === 200 ? [200, 1] : [400, 0]);
    },
  );

  it('does not lose the second of two files without a word', async () => {
    const [status] = await send(second);
    expect([status, emulator.images.list().length]).toEqual(status === 200 ? [200, 2] : [400, 0]);
  });

  // What follows is core's to decide.
  if (!inFull(target)) return;

  // RFC 2046 lets a delimiter be recognised by its beginning, so the file ends here; what follows is no part, and lost.
  it.each(['x', '-x', '\n', ' x\r\n'])(
    'does not store the first half of a file that has a delimiter followed by %j in it',
    async (rest) => {
      const body = form(NAMED, Buffer.concat([large, Buffer.from(`\r\n${DELIMITER}${rest}`), large]));
      expect(await send(body)).toEqual([400]);
      expect(emulator.images.list()).toEqual([]);
    },
  );

  it('does not answer 200 and lose a part behind the end of the form', async () => {
    const field = form('Content-Disposition: form-data; name="t"', Buffer.from('x')).subarray(
      0,
      -DELIMITER.length - 4,
    );
    const epilogue = Buffer.concat([Buffer.from('\r\n'), field, form(NAMED)]);
    expect(await send(Buffer.concat([form(NAMED), epilogue]))).toEqual([400]);
    expect(emulator.images.list()).toEqual([]);
  });

  // Minor: NUL is no character that a text of PostgreSQL can hold, and line ends break a Content-Disposition made of it.
  it.each(['%00', '%0D%0A', '%1B', '%7F'])('sends no control character to the service: %s', async (code) => {
    await send(disposed(`name="a"; filename*=UTF-8''a${code}b.png`));
    for (const { original_filename: name } of emulator.images.list()) expect(name).not.toMatch(/\p{Cc}/u);
  });
});
