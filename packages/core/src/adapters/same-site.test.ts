import { describe, expect, it } from 'vitest';
import { assertSameSite, origin } from './same-site.ts';

/** The pages of an own origin, whose request comes over HTTP/1 or HTTP/2, with the port that its scheme has anyway or without. */
const OWN: readonly (readonly [authority: string, origin: string])[] = [
  ['shop.test', 'https://shop.test'],
  ['shop.test:443', 'https://shop.test'],
  ['shop.test:80', 'http://shop.test'],
  ['SHOP.test:443', 'https://shop.test'],
  ['shop.test:8443', 'https://shop.test:8443'],
  ['[2001:DB8::1]:443', 'https://[2001:db8::1]'],
  ['[::1]:3000', 'http://[::1]:3000'],
  ['xn--bcher-kva.example:443', 'https://xn--bcher-kva.example'],
];
const OTHER: readonly (readonly [authority: string, origin: string])[] = [
  ['shop.test:80', 'https://shop.test'],
  ['shop.test:443', 'http://shop.test'],
  ['shop.test:8443', 'https://shop.test'],
  ['shop.test', 'https://shop.test:8443'],
  ['shop.test', 'https://evil.test'],
  ['shop.test@evil.test', 'https://evil.test'],
  ['evil.test/shop.test', 'https://evil.test'],
  ['evil.test#', 'https://evil.test'],
  ['', 'https://evil.test'],
  ['shop.test', 'null'],
  ['shop.test', ''],
];

describe.each(['host', ':authority'])('a request with %s', (name) => {
  it.each(OWN)('%s is from its own page at %s', (authority, from) => {
    expect(() => assertSameSite({ [name]: authority, origin: from })).not.toThrow();
    expect(() =>
      assertSameSite({ [name]: authority, origin: from, 'sec-fetch-site': 'same-origin' }),
    ).not.toThrow();
  });

  it.each(OTHER)('%s is not from a page of its own at %s', (authority, from) => {
    const refused = expect.objectContaining({ code: 'CROSS_SITE_REQUEST' });
    expect(() => assertSameSite({ [name]: authority, origin: from })).toThrow(refused);
  });
});

it.each([
  ['https://app.example.com:443', 'https://app.example.com'],
  ['http://app.example.com:80', 'http://app.example.com'],
  ['https://APP.example.com', 'https://app.example.com'],
  ['https://app.example.com/', 'https://app.example.com'],
  ['https://bücher.example', 'https://xn--bcher-kva.example'],
])('says of the allowed origin %s to write %s', (written, sent) => {
  expect(origin(written)).toMatch(`: write '${sent}' instead of '${written}'`);
  expect(origin(sent)).toBeUndefined();
});

it.each(['null', '*', 'https://*.example.com', 'app.example.com', '', 5])(
  'takes no %j for an origin',
  (value) => {
    expect(origin(value)).toMatch(/^origins as browsers send them/);
  },
);
