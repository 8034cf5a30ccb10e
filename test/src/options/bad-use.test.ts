import { tokenEndpoint } from '@imgwire/core/adapter';
import {
  createImgwire,
  type ImgwireUpload,
  type ImgwireUploadOptions,
  imgwireStorage,
  imgwireUpload,
  imgwireUploadToken,
  imgwireUploadViaUrl,
} from '@imgwire/express';
import {
  AnyImgwireFilesInterceptor,
  createImgwireUploadTokenController,
  ImgwireFileFieldsInterceptor,
  ImgwireFileInterceptor,
  ImgwireFilesInterceptor,
  ImgwireModule,
  type ImgwireModuleOptions,
  imgwireStorage as nestStorage,
  ParseImagePipe,
} from '@imgwire/nestjs';
import { Controller, Post, UseInterceptors } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createNest, NEST_PLATFORMS } from '../nest/nest-app.ts';

const WRONG: ReadonlyArray<[string, object, RegExp]> = [
  [
    'a negative limit',
    { apiKey: 'sk_x', limits: { fileSize: -1 } },
    /"limits.fileSize" must be an integer that is at least 0, in bytes/,
  ],
  [
    'an unknown limit',
    { apiKey: 'sk_x', limits: { filesize: 1 } },
    /unknown option "limits.filesize"; did you mean "limits.fileSize"\?$/,
  ],
  [
    'an unknown option',
    { apiKey: 'sk_x', color: 1 },
    /unknown option "color"; all options are in docs\/options\.md of @imgwire\/core\.$/,
  ],
  [
    'a label of an image',
    { purpose: 'avatar' },
    /"purpose"; it belongs .*: write metadata: \(\) => \(\{ purpose \}\)/,
  ],
  [
    'a storage',
    { storage: {} },
    /"storage"; .* for a multer of your own, write multer\(\{ storage: imgwireStorage\(\) \}\)\.$/,
  ],
  ['the url of the service', { url: 'https://x.dev' }, /"url"; did you mean "baseUrl"\?$/],
  ['the endpoint of the service', { endpoint: 'https://x.dev' }, /"endpoint"; did you mean "baseUrl"\?$/],
  ['a filter', { filter: () => true }, /"filter"; did you mean "accept"\?$/],
  ['a schema', { schema: {} }, /"schema"; did you mean "form"\?$/],
  ['a validation', { validate: () => true }, /"validate"; did you mean "form"\?$/],
  ['a virus scan', { virusScan: () => true }, /"virusScan"; did you mean "scan"\?$/],
  ['a largest width', { maxWidth: 4000 }, /"maxWidth"; did you mean "maxPixels"\?$/],
  ['a bucket', { bucket: 'photos' }, /"bucket"; leave it out: the files go to Imgwire/],
  ['a transformation', { resize: { width: 200 } }, /"resize"; leave it out: give it to image\.url\(\)/],
  [
    'an option with some that are like it',
    { idleTimeout: 5000 },
    /"idleTimeout"; the nearest: putIdleTimeoutMs; all options are in docs\/options\.md of @imgwire\/core\.$/,
  ],
  ['a timeout', { timeout: 5000 }, /"timeout"; did you mean "(requestTimeoutMs|stallTimeoutMs)"\?$/],
  ['a quoted key', { apiKey: '"sk_4f7a"' }, /"apiKey" must be the key .* without quotation marks/],
  ['a key with an ellipsis', { apiKey: 'sk_4f7a…' }, /"apiKey" must be the key .* not ASCII/],
  ...[
    'sk_...',
    'sk_xxx',
    'your-api-key',
    'sk_your_key',
    '<key>',
    '{{IMGWIRE_API_KEY}}',
    'undefined',
    'changeme',
  ].map((apiKey): [string, object, RegExp] => [
    `the placeholder ${apiKey}`,
    { apiKey },
    /"apiKey" must be your own server key \(sk_…\), not what stands for it/,
  ]),
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
  [
    'a hash that is not computed',
    { apiKey: 'sk_x', hashAlgorithm: 'md5' },
    /"hashAlgorithm" must be 'sha256'/,
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
  });

  it('no key and no client', () => {
    expect(() => imgwireUpload()).toThrow(/no API key: set IMGWIRE_API_KEY/);
  });

  it('connection options beside a connection', () => {
    const imgwire = createImgwire({ apiKey: 'sk_x' });
    expect(() => imgwireUpload({ imgwire, apiKey: 'sk_y' })).toThrow(/"apiKey" belongs to createImgwire/);
  });

  it('an option of another factory', () => {
    const authorize = (): boolean => true;
    const connected = { apiKey: 'sk_x' };
    const token = (options: object) => () => imgwireUploadToken({ ...connected, authorize, ...options });
    const viaUrl = (options: object) => () =>
      imgwireUploadViaUrl({ ...connected, allowedHosts: ['example.com'], ...options });
    const storage = (options: object) => () => imgwireStorage({ ...connected, ...options });
    const ofNest = (options: object) => () => nestStorage({ ...connected, ...options });
    const controller = (options: object) => () =>
      createImgwireUploadTokenController({ path: 'token', authorize, ...options });
    const pipe = (options: object) => () => new ParseImagePipe(options);
    const upload = (options: object) => () => imgwireUpload({ ...connected, ...options });
    const limits = { limits: { fileSize: 1 } };
    const accept = { accept: ['image/png'] };
    const cases: ReadonlyArray<[make: () => unknown, who: string, option: string]> = [
      [token(limits), 'imgwireUploadToken()', 'limits'],
      [token(accept), 'imgwireUploadToken()', 'accept'],
      [token({ metadata: () => ({}) }), 'imgwireUploadToken()', 'metadata'],
      [viaUrl(limits), 'imgwireUploadViaUrl()', 'limits'],
      [viaUrl(accept), 'imgwireUploadViaUrl()', 'accept'],
      [viaUrl({ discardOnError: true }), 'imgwireUploadViaUrl()', 'discardOnError'],
      [storage(limits), 'imgwireStorage()', 'limits'],
      [storage({ authorize }), 'imgwireStorage()', 'authorize'],
      [ofNest({ authorize }), 'imgwireStorage()', 'authorize'],
      [controller(limits), 'createImgwireUploadTokenController()', 'limits'],
      [controller({ apiKey: 'sk_x' }), 'createImgwireUploadTokenController()', 'apiKey'],
      [pipe({ color: 1 }), 'ParseImagePipe', 'color'],
      [pipe(limits), 'ParseImagePipe', 'limits'],
      [upload({ allowedOrigins: [] }), 'imgwireUpload()', 'allowedOrigins'],
    ];
    for (const [make, who, option] of cases) {
      expect(make, who).toThrow(TypeError);
      expect(make).toThrow(`${who}: unknown option "${option}"; `);
    }
  });

  it('takes the key from the environment', () => {
    vi.stubEnv('IMGWIRE_API_KEY', 'sk_environment');
    expect(() => imgwireUpload()).not.toThrow();
  });
});

/** What a route must not be made of, and what is said instead; `call` makes it with what `imgwireUpload()` has answered. */
const ROUTES: ReadonlyArray<[string, (upload: ImgwireUpload) => unknown, RegExp]> = [
  [
    'single() without a name',
    (u) => u.single(undefined as never),
    /single\(\): option "name" must be the name of a/,
  ],
  ['single() with an empty name', (u) => u.single(''), /such as 'avatar'/],
  ['single() with a list', (u) => u.single(['a'] as never), /"name" must be the name of a form field/],
  [
    'single() with a wrong rule',
    (u) => u.single('a', { accept: ['image/svg+xml'] }),
    /single\(\): option "accept"/,
  ],
  [
    'single() with an unknown rule',
    (u) => u.single('a', { maxSize: 1 } as never),
    /unknown option "maxSize"/,
  ],
  ['single() with a key', (u) => u.single('a', { apiKey: 'sk_y' } as never), /unknown option "apiKey"/],
  ['single() with a count', (u) => u.single('a', 5 as never), /single\(\): the options must be an object/],
  ['array() without a name', (u) => u.array(undefined as never), /array\(\): option "name" must be the name/],
  [
    'array() with a text',
    (u) => u.array('a', '5' as never),
    /"maxCount" must be an integer that is at least 0/,
  ],
  [
    'array() with rules in place of its count',
    (u) => u.array('a', {} as never),
    /"maxCount" must be an integer/,
  ],
  [
    'fields() without fields',
    (u) => u.fields(undefined as never),
    /fields\(\): option "fields" must be an array/,
  ],
  ['fields() with none', (u) => u.fields([]), /"fields" must be an array that is not empty/],
  ['fields() with a name', (u) => u.fields('a' as never), /"fields" must be an array of objects, such as/],
  [
    'fields() with a nameless one',
    (u) => u.fields([{ maxCount: 1 } as never]),
    /option "fields\[0\]\.name" must be a string/,
  ],
  [
    'fields() with a name twice',
    (u) => u.fields([{ name: 'a', accept: ['image/png'] }, { name: 'b' }, { name: 'a' }]),
    /an array of fields, each with its own name: "a" is there twice/,
  ],
  ['any() with a name', (u) => u.any('a' as never), /any\(\): the options must be an object/],
];

describe('bad use is an error when a route is made', () => {
  it.each(ROUTES)('%s', (_name, make, message) => {
    const upload = imgwireUpload({ apiKey: 'sk_x' });
    expect(() => make(upload)).toThrow(TypeError);
    expect(() => make(upload)).toThrow(message);
  });

  const name = undefined as never;
  it.each([
    ['a file without a name', () => ImgwireFileInterceptor(name), /"name" must be the name of a form field/],
    [
      'files without a name',
      () => ImgwireFilesInterceptor(name, 2),
      /"name" must be the name of a form field/,
    ],
    ['a count in text', () => ImgwireFilesInterceptor('a', '5' as never), /"maxCount" must be an integer/],
    ['no fields', () => ImgwireFileFieldsInterceptor(name), /"fields" must be an array that is not empty/],
    [
      'a name twice',
      () => ImgwireFileFieldsInterceptor([{ name: 'a' }, { name: 'a' }]),
      /"a" is there twice/,
    ],
    [
      'a key',
      () => ImgwireFileInterceptor('a', { apiKey: 'sk_y' } as never),
      /^ImgwireFileInterceptor\('a'\): unknown option "apiKey"; it belongs to the instance, not to a route/,
    ],
    ['a rule for any', () => AnyImgwireFilesInterceptor({ maxSize: 1 } as never), /unknown option "maxSize"/],
  ])('of Nest, with %s, when the application starts', async (_name, make, message) => {
    for (const [, adapter] of NEST_PLATFORMS) {
      @Controller()
      class WrongController {
        @Post()
        @UseInterceptors(make())
        upload(): void {
          // Never reached: the application does not start.
        }
      }
      const imports = [ImgwireModule.forRoot({ apiKey: 'sk_x' })];
      await expect(createNest({ imports, controllers: [WrongController] }, adapter())).rejects.toThrow(
        message,
      );
    }
  });

  it('of Nest, with options that a module cannot take', async () => {
    const options = { useFactory: (): ImgwireModuleOptions => ({}), accept: ['image/png'] };
    expect(() => ImgwireModule.forRootAsync(options)).toThrow(
      /^ImgwireModule\.forRootAsync\(\): unknown option "accept"; write it into the result of `useFactory`\.$/,
    );
  });
});

describe('an origin that no browser sends is an error', () => {
  const imgwire = createImgwire({ apiKey: 'sk_x' });
  const authorize = (): boolean => true;
  it.each([
    'https://a.example.com/',
    'https://a.example.com/app',
    'https://a.example.com:443',
    'https://A.example.com',
    'a.example.com',
    '//a.example.com',
    'null',
    '*',
    'https://*.example.com',
    '',
  ])('%s', (origin) => {
    const allowedOrigins = ['https://b.example.com', origin];
    const message = /"allowedOrigins" must be an array of origins as browsers send them, such as "https:\/\//;
    expect(() => tokenEndpoint({ imgwire, authorize, allowedOrigins })).toThrow(message);
    expect(() => imgwireUploadToken({ imgwire, authorize, allowedOrigins })).toThrow(message);
    expect(() => createImgwireUploadTokenController({ path: 'token', authorize, allowedOrigins })).toThrow(
      message,
    );
  });

  it('but these are fine', () => {
    const allowedOrigins = [
      'https://a.example.com',
      'http://localhost:3000',
      'http://[::1]:8080',
      'http://127.0.0.1',
    ];
    expect(() => tokenEndpoint({ imgwire, authorize, allowedOrigins })).not.toThrow();
  });
});

describe('bad use of a connection is an error', () => {
  const imgwire = createImgwire({ apiKey: 'sk_x' });
  const signal = {} as AbortSignal;
  const file = new Uint8Array(1);
  const url = 'https://example.com/a.png';
  const wrong = (options: object): never => options as never;
  const first = (results: AsyncGenerator<unknown>): Promise<unknown> => results.next();
  it.each<[string, () => Promise<unknown>, RegExp]>([
    [
      'upload() with an unknown option',
      () => imgwire.upload(wrong({ file, maxSize: 1 })),
      /unknown option "maxSize"/,
    ],
    [
      'upload() with a wrong replay',
      () => imgwire.upload(wrong({ file, replay: 'no' })),
      /"replay" must be true or/,
    ],
    [
      'upload() with a wait of half a millisecond',
      () => imgwire.upload(wrong({ file, waitUntilReady: 0.5 })),
      /"waitUntilReady" must be/,
    ],
    ['upload() with no signal', () => imgwire.upload({ file, signal }), /"signal" must be an AbortSignal/],
    [
      'uploadViaUrl() with an unknown option',
      () => imgwire.uploadViaUrl(wrong({ url, hosts: 1 })),
      /option "hosts"/,
    ],
    [
      'uploadViaUrl() with no signal',
      () => imgwire.uploadViaUrl({ url, signal }),
      /"signal" must be an AbortSignal/,
    ],
    [
      'uploadMany() with an unknown option',
      () => first(imgwire.uploadMany([], wrong({ parallel: 2 }))),
      /"parallel"/,
    ],
    [
      'uploadMany() with no signal',
      () => first(imgwire.uploadMany([], { signal })),
      /"signal" must be an AbortSignal/,
    ],
    [
      'uploadViaUrlMany() with a wrong onProgress',
      () => first(imgwire.uploadViaUrlMany([], wrong({ onProgress: 1 }))),
      /: uploadViaUrlMany\(\): option "onProgress" must be a function/,
    ],
    [
      'waitUntilReady() with a timeout',
      () => imgwire.waitUntilReady('a', wrong({ timeout: 1 })),
      /option "timeout"/,
    ],
    [
      'waitUntilReady() with a text',
      () => imgwire.waitUntilReady('a', wrong({ timeoutMs: '1' })),
      /"timeoutMs" must be an integer/,
    ],
    [
      'list() with an unknown option',
      () => imgwire.list(wrong({ pageSize: 5 })),
      /unknown option "pageSize"/,
    ],
    ['list() with a text', () => imgwire.list(wrong({ page: '2' })), /"page" must be an integer/],
    [
      'close() with an unknown option',
      () => imgwire.close(wrong({ timeout: 5 })),
      /unknown option "timeout"/,
    ],
  ])('%s', async (_name, call, message) => {
    const error: unknown = await call().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(TypeError);
    expect(String(error)).toMatch(message);
  });
});
