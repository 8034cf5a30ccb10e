import { describe, expect, it } from 'vitest';
import type { ImgwireErrorCode } from '../errors.ts';
import { checkSourceUrl, type SourceUrlRules } from './source-url.ts';

const RULES = { allowedHosts: ['images.example.com', '*.cdn.example.org', 'odd.example.com:8443'] };

const HOSTILE: Readonly<Partial<Record<ImgwireErrorCode, readonly unknown[]>>> = {
  URL_INVALID: [
    ...[
      undefined,
      null,
      7,
      {},
      [],
      '',
      'images.example.com/a.png',
      '//images.example.com/a.png',
      'https://',
      'https:///',
    ],
    'https://images.example.com\\@evil.example/a.png',
    'https:\\\\images.example.com/a.png',
    'https://images.example.com/a\r\nHost: evil.example',
    'https://images.example.com/a\t.png',
    ' https://images.example.com/a.png',
    'https://images.example.com /a.png',
    'https://images.example.com\u0000.evil.example/a.png',
    'https://images.example.com\u3000/a.png',
    'https://256.256.256.256/',
    'https://[::1/',
    'https://images.example.com:99999/',
    'https://images%00.example.com/',
  ],
  URL_TOO_LONG: [`https://images.example.com/${'a'.repeat(2048)}`],
  URL_SCHEME_NOT_ALLOWED: [
    'http://images.example.com/a.png',
    'file:///etc/passwd',
    'data:image/png;base64,iVBORw0KGgo=',
    'javascript:alert(1)',
    'ftp://images.example.com/a.png',
    'gopher://images.example.com/_GET',
    'blob:https://images.example.com/1',
    'ws://images.example.com/',
    'https:images.example.com/a.png',
    'https:/images.example.com/a.png',
  ],
  URL_CREDENTIALS_NOT_ALLOWED: [
    'https://user:secret@images.example.com/a.png',
    'https://user@images.example.com/a.png',
    'https://@images.example.com/a.png',
    'https://:@images.example.com/a.png',
    'https://images.example.com@evil.example/a.png',
    'https://images.example.com%2F@127.0.0.1/a.png',
    'https://images.example.com:443@evil.example/',
  ],
  URL_IP_ADDRESS_NOT_ALLOWED: [
    'https://127.0.0.1/a.png',
    'https://127.1/a.png',
    'https://2130706433/a.png',
    'https://0x7f000001/a.png',
    'https://0x7f.0.0.1/a.png',
    'https://0177.0.0.1/a.png',
    'https://017700000001/a.png',
    'https://127.0.0.1./a.png',
    'https://0/a.png',
    'https://0.0.0.0/a.png',
    'https://10.0.0.1/a.png',
    'https://169.254.169.254/latest/meta-data/',
    'https://192.168.0.1/',
    'https://8.8.8.8/a.png',
    'https://%31%32%37.0.0.1/',
    'https://１２７.0.0.1/',
    'https://①②⑦.0.0.1/',
    'https://127。0。0。1/',
    'https://[::1]/a.png',
    'https://[::]/a.png',
    'https://[::ffff:127.0.0.1]/a.png',
    'https://[::ffff:7f00:1]/a.png',
    'https://[fe80::1]/a.png',
    'https://[fd00::1]/a.png',
    'https://[64:ff9b::7f00:1]/a.png',
  ],
  URL_PRIVATE_HOST_NOT_ALLOWED: [
    'https://localhost/a.png',
    'https://localhost./a.png',
    'https://LOCALHOST/a.png',
    'https://ⓛocalhost/a.png',
    'https://a.localhost/a.png',
    'https://printer.local/a.png',
    'https://metadata.google.internal/computeMetadata/v1/',
    'https://intranet/a.png',
    'https://router.lan/a.png',
    'https://nas.home.arpa/a.png',
  ],
  URL_PORT_NOT_ALLOWED: [
    'https://images.example.com:8443/a.png',
    'https://images.example.com:22/',
    'https://a.cdn.example.org:6379/',
  ],
  URL_HOST_NOT_ALLOWED: [
    'https://evil.example/a.png',
    'https://images.example.com.evil.example/a.png',
    'https://notimages.example.com/a.png',
    'https://example.com/a.png',
    'https://cdn.example.org/a.png',
    'https://evilcdn.example.org/a.png',
    'https://odd.example.com/a.png',
    'https://ımages.example.com/a.png',
    'https://іmages.example.com/a.png',
    'https://127.0.0.1.nip.io/a.png',
  ],
  URL_IN_QUERY_NOT_ALLOWED: [
    'https://images.example.com/go?url=http://127.0.0.1/',
    'https://images.example.com/go?next=//evil.example',
    'https://images.example.com/go?to=https%3A%2F%2Fevil.example',
    'https://images.example.com/go?u=file:///etc/passwd',
    'https://images.example.com/go?u=%5C%5Cevil.example',
  ],
};

// Invalid Punycode: no host to the URL parser of Node 20 and 22, a strange one to that of 24.21 and later.
it('refuses a label that is no Punycode, whether or not the runtime parses it', () => {
  expect(() => checkSourceUrl('https://xn--mages-3db.example.com/a.png', RULES)).toThrow(
    expect.objectContaining({ code: expect.stringMatching(/^URL_(INVALID|HOST_NOT_ALLOWED)$/) }),
  );
});

describe.each(Object.entries(HOSTILE))('%s', (code, urls) => {
  it.each(urls.map((url) => [url]))('is why %j is refused', (url) => {
    expect(() => checkSourceUrl(url, RULES)).toThrow(expect.objectContaining({ code }));
  });
});

it.each([
  'https://images.example.com/a.png',
  'HTTPS://IMAGES.EXAMPLE.COM/a.png',
  'https://images.example.com./a.png',
  'https://images.example.com:443/a.png?width=10&name=a:b',
  'https://a.b.cdn.example.org/x',
  'https://odd.example.com:8443/x',
])('%s is taken', (url) => {
  expect(checkSourceUrl(url, RULES).protocol).toBe('https:');
});

it('drops the fragment, which is never sent', () => {
  expect(checkSourceUrl('https://images.example.com/a.png#x', RULES).href).toBe(
    'https://images.example.com/a.png',
  );
});

/** Entries that no URL could match, and what is said of them. */
const WRONG_HOSTS: readonly (readonly [entry: unknown, said: string])[] = [
  ['images.example.com:443', "write 'images.example.com' instead of 'images.example.com:443'"],
  ['images.example.com:08443', "write 'images.example.com:8443' instead of 'images.example.com:08443'"],
  ['https://images.example.com', "write 'images.example.com' instead of 'https://images.example.com'"],
  ['https://images.example.com:8443/a?b', "write 'images.example.com:8443' instead of"],
  ['images.example.com/a', "write 'images.example.com' instead of 'images.example.com/a'"],
  ['images.example.com.', "write 'images.example.com' instead of 'images.example.com.'"],
  ['.example.com', "write '*.example.com' instead of '.example.com'"],
  ['bücher.example', "write 'xn--bcher-kva.example' instead of 'bücher.example'"],
  ['*.bücher.example', "write '*.xn--bcher-kva.example' instead of '*.bücher.example'"],
  ['例え.テスト', "write 'xn--r8jz45g.xn--zckzah' instead of '例え.テスト'"],
  ['*', 'host names such as "images.example.com" or "*.example.com"'],
  ['*.com', 'host names such as'],
  ['*.*.example.com', 'host names such as'],
  ['images.*.example.com', 'host names such as'],
  ['images*.example.com', 'host names such as'],
  ['images.example.com:99999', 'host names such as'],
  ['images', 'host names such as'],
  ['', 'host names such as'],
  [5, 'host names such as'],
  ['10.0.0.1', 'host names, not IP addresses'],
  ['8.8.8.8:8443', 'host names, not IP addresses'],
  ['2130706433', 'host names, not IP addresses'],
  ['[2001:db8::1]', 'host names, not IP addresses'],
  ['localhost', 'public host names: a URL with localhost is never accepted'],
  ['*.internal', 'public host names: a URL with internal is never accepted'],
  ['nas.home.arpa', 'public host names: a URL with nas.home.arpa is never accepted'],
];

it.each(WRONG_HOSTS)('says of the allowed host %j what to write', (entry, said) => {
  const rules = { allowedHosts: ['images.example.com', entry] } as SourceUrlRules;
  const check = (): URL => checkSourceUrl('https://images.example.com/a.png', rules);
  expect(check).toThrow(TypeError);
  expect(check).toThrow(/^checkSourceUrl\(\): option "allowedHosts" must be an array of /);
  expect(check).toThrow(said);
});

it.each([
  ['xn--bcher-kva.example', 'https://bücher.example/a.png'],
  ['*.xn--bcher-kva.example', 'https://a.BÜCHER.example/a.png'],
  ['Images.Example.COM', 'https://images.example.com/a.png'],
  ['my_bucket.example.com', 'https://my_bucket.example.com/a.png'],
  ['images.example.com:8443', 'https://images.example.com:8443/a.png'],
])('takes with the allowed host %s the URL %s', (entry, url) => {
  expect(checkSourceUrl(url, { allowedHosts: [entry] }).protocol).toBe('https:');
});

it.each([
  [undefined, '"allowedHosts" is required: write checkSourceUrl(url, { allowedHosts })'],
  [{}, '"allowedHosts" is required: write checkSourceUrl(url, { allowedHosts })'],
  [[], 'the options must be an object'],
  [{ allowedHosts: [] }, '"allowedHosts" must be an array that is not empty'],
  [{ allowedHosts: 'images.example.com' }, "write ['images.example.com'] instead of"],
  [{ allowedHosts: ['a.example.com'], maxUrlLength: '2048' }, "write 2048 instead of '2048'"],
  [{ allowedHosts: ['a.example.com'], hosts: ['b.example.com'] }, 'unknown option "hosts"'],
])('throws a TypeError for the rules %j', (rules, said) => {
  const check = (): URL => checkSourceUrl('https://images.example.com/a.png', rules as SourceUrlRules);
  expect(check).toThrow(TypeError);
  expect(check).toThrow(said);
});

it('takes a host with letters of other alphabets, however often it was asked', () => {
  const check = (): URL =>
    checkSourceUrl('https://bücher.example/ü.png', { allowedHosts: ['xn--bcher-kva.example'] });
  // `URL.canParse()` of Node 20 denies such a host once its code is optimised.
  for (let time = 0; time < 200_000; time++) URL.canParse('https://images.example.com/a.png');
  for (let time = 0; time < 3_000; time++) check();
  expect(check().hostname).toBe('xn--bcher-kva.example');
});
