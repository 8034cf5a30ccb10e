import { createImgwire, type ImgwireUploadOptions, imgwireStorage, imgwireUpload } from '@imgwire/express';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

const WRONG: ReadonlyArray<[string, object, RegExp]> = [
  [
    'a negative limit',
    { apiKey: 'sk_x', limits: { fileSize: -1 } },
    /"limits" must be an object whose fileSize is an integer that is at least 0/,
  ],
  ['an unknown limit', { apiKey: 'sk_x', limits: { filesize: 1 } }, /unknown option "filesize"/],
  ['an unknown option', { apiKey: 'sk_x', maxSize: 1 }, /unknown option "maxSize"\. Options: /],
  [
    'an unknown type in accept',
    { apiKey: 'sk_x', accept: ['image/svg+xml'] },
    /"accept" must be an array of image types \(image\/jpeg/,
  ],
  ['an empty accept', { apiKey: 'sk_x', accept: [] }, /"accept" must be an array that is not empty/],
  ['a key that is no string', { apiKey: 5 }, /"apiKey" must be a string/],
  [
    'a base URL that is none',
    { apiKey: 'sk_x', baseUrl: 'imgwire.dev' },
    /"baseUrl" must be an absolute http or https URL/,
  ],
  ['a client without its methods', { client: { images: {} } }, /"client" must be an ImgwireClient/],
  [
    'a read-ahead below a chunk',
    { apiKey: 'sk_x', readAheadBytes: 1000 },
    /"readAheadBytes" must be an integer that is at least 65536/,
  ],
  ['an authorize that is no function', { apiKey: 'sk_x', authorize: true }, /"authorize" must be a function/],
];

describe('bad use is an error when the middleware is made', () => {
  beforeEach(() => {
    vi.stubEnv('IMGWIRE_API_KEY', '');
  });
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  it.each(WRONG)('%s', (_name, options, message) => {
    expect(() => imgwireUpload(options as ImgwireUploadOptions)).toThrow(TypeError);
    expect(() => imgwireUpload(options as ImgwireUploadOptions)).toThrow(message);
    expect(() => imgwireStorage(options as ImgwireUploadOptions)).toThrow(message);
  });

  it('no key and no client', () => {
    expect(() => imgwireUpload()).toThrow(/no API key\. Set IMGWIRE_API_KEY/);
  });

  it('connection options beside a connection', () => {
    const imgwire = createImgwire({ apiKey: 'sk_x' });
    expect(() => imgwireUpload({ imgwire, apiKey: 'sk_y' })).toThrow(/"apiKey" belongs to createImgwire/);
  });

  it('takes the key from the environment', () => {
    vi.stubEnv('IMGWIRE_API_KEY', 'sk_environment');
    expect(() => imgwireUpload()).not.toThrow();
  });
});
