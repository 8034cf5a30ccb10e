import { STATUS_CODES } from 'node:http';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IMGWIRE_ERROR_CODES, ImgwireError } from './errors.ts';
import * as node from './runtime.ts';
import * as edge from './runtime-edge.ts';

describe('what the edge has in the place of Node', () => {
  it('has the same names', () => {
    expect(new Set(Object.keys(edge))).toEqual(new Set(Object.keys(node)));
  });

  it('encodes any text to the same base64', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(edge.toBase64(text)).toBe(node.toBase64(text));
      }),
    );
  });

  it.each([
    ['base64', fc.base64String()],
    ['base64 that is cut', fc.base64String().map((text) => text.slice(0, -1))],
    ['a text', fc.string()],
    ['an encoded text', fc.string({ unit: 'binary' }).map(node.toBase64)],
    ['an encoded text without its end', fc.string().map((text) => node.toBase64(text).replace(/=+$/, ''))],
  ])('decodes %s as Node does', (_, texts) => {
    fc.assert(
      fc.property(texts, (text) => {
        expect(edge.fromBase64(text)).toBe(node.fromBase64(text));
      }),
    );
  });

  it.each([['wide'], [7], [null], [undefined], [true], [[]]])(
    'shows %j in a message as Node does',
    (value) => {
      expect(edge.inspect(value)).toBe(node.inspect(value));
    },
  );

  it('shows what is no JSON, and cuts a long text', () => {
    const ring: { self?: unknown } = {};
    ring.self = ring;
    expect([ring, 1n, Symbol('s')].map((value) => edge.inspect(value))).toEqual(['object', '1', 'Symbol(s)']);
    expect(edge.inspect('abcdef', { maxStringLength: 3 })).toBe("'abc'");
  });
});

it('the titles of problem details are the reason phrases of Node', () => {
  for (const code of IMGWIRE_ERROR_CODES) {
    const { title, status } = new ImgwireError(code).toJSON();
    expect(title).toBe(STATUS_CODES[status] ?? 'Client Closed Request');
  }
});
