import { type Emulator, startEmulator } from '@imgwire/emulator';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { encodeForm, openPost } from '../support/client.ts';
import { imageOfSize } from '../support/images.ts';
import { casesFor } from '../support/sample.ts';
import { type RunningTarget, TARGETS } from '../support/targets.ts';
import { overRest } from '../support/upload-suite.ts';

/** Content types of a form whose boundary is `b`, the grammar of which is that of RFC 9110, sections 5.6.6 and 8.3.1. */
const SAYING_B = [
  'multipart/form-data; boundary=b',
  'multipart/form-data; boundary="b"',
  'multipart/form-data; boundary="\\b"',
  'multipart/form-data;boundary=b;charset=utf-8',
  'multipart/form-data \t;\t boundary=b ;',
  'MultiPart/Form-Data; BOUNDARY=b',
  'multipart/form-data; x="a; boundary=zzz"; boundary=b',
  'multipart/form-data; x="a\\"; boundary=zzz"; boundary=b',
  'multipart/form-data; xboundary=zzz; boundary=b',
  "multipart/form-data; boundary*=utf-8''zzz; boundary=b",
  'multipart/form-data; boundary=b; boundary=zzz',
  'multipart/form-data;; boundary=b',
];

/** Those that name none, or another. */
const SAYING_ANOTHER = [
  'multipart/form-data; x="boundary=b"',
  'multipart/form-data; x="; boundary=b',
  "multipart/form-data; boundary*=utf-8''b",
  'multipart/form-data; boundary=',
  'multipart/form-data; boundary=""',
  'multipart/form-data; boundary=zzz; boundary=b',
];

/** Boundaries that must be quoted. */
const QUOTED = ['a b', 'a"b', 'a\\b', "'()+_,-./:=?", '=_?x;y'];

/** Those of other bodies. */
const NO_FORM = [
  'text/plain; x="multipart/form-data"; boundary=b',
  'multipart/form-data-x; boundary=b',
  'multipart/mixed; boundary=b',
];

describe.each(TARGETS)('the content type of a form through $name', (target) => {
  let emulator: Emulator;
  let app: RunningTarget;
  let bytes: Buffer;
  beforeAll(async () => {
    bytes = await imageOfSize('image/png', 5000);
    emulator = await startEmulator();
    app = await target.start(overRest(emulator));
  });
  beforeEach(() => emulator.reset());
  afterAll(async () => {
    await app.close();
    await emulator.close();
  });
  const post = (type: string, boundary = 'b') => {
    const body = encodeForm([{ name: 'avatar', fileName: 'a.png', bytes }], boundary);
    const open = openPost(`${app.url}/any`, body.length, { headers: { 'content-type': type } });
    open.request.end(body);
    return open.answer;
  };

  it.each(casesFor(target, SAYING_B))('names its boundary: %s', async (type) => {
    const answer = await post(type);
    expect(answer.status, answer.text).toBe(200);
    expect(emulator.images.list()).toHaveLength(1);
  });

  it.each(casesFor(target, SAYING_ANOTHER))('does not name the boundary of the body: %s', async (type) => {
    expect((await post(type)).json).toMatchObject({ code: 'MALFORMED_MULTIPART' });
    expect(emulator.requests).toEqual([]);
  });

  it.each(casesFor(target, QUOTED))('quotes the boundary %j', async (boundary) => {
    const answer = await post(
      `multipart/form-data; boundary="${boundary.replace(/["\\]/g, '\\$&')}"`,
      boundary,
    );
    expect(answer.status, answer.text).toBe(200);
  });

  it.each(NO_FORM)('is not that of a form: %s', async (type) => {
    await post(type);
    expect(emulator.requests).toEqual([]);
  });
});
