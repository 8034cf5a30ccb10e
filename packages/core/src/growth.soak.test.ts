import { describe, expect, it } from 'vitest';
import { steepOf } from '../../../test/src/support/growth.ts';
import { assertSameSite, corsHeaders, mergeVary, preflightHeaders } from './adapters/same-site.ts';
import { checkSourceUrl } from './adapters/source-url.ts';
import { encodingError } from './incoming-request.ts';
import { canonicalImageType } from './inspect/inspect.ts';
import { didYouMean } from './options/did-you-mean.ts';
import { boundaryOf } from './receive/boundary.ts';
import { addField, type FormFields, fieldName } from './receive/fields.ts';
import { isForm } from './receive/form.ts';
import { parsePartHeaders } from './receive/part-headers.ts';
import { decodeText } from './receive/text-part.ts';
import { checkMetadata } from './rules/metadata.ts';
import { toUpstreamError } from './service/upstream-error.ts';
import { parseTransformations } from './transformations/transformations.ts';
import { ImageProbe } from './upload/accept.ts';

const limits = { fieldNameSize: 1e9, fieldNestingDepth: 1e9, fieldArrayIndexLimit: 100 };
const allowedHosts = ['*.example.com'];
const site = (headers: Record<string, string>): void => assertSameSite(headers, ['https://a.example']);

/** Everything that reads the text of a client, or of a service, with a text in each place where it can stand. */
const READERS: Readonly<Record<string, (text: string) => unknown>> = {
  'a content type': (text) => isForm({ 'content-type': text }),
  'a boundary': (text) => boundaryOf(`multipart/form-data; boundary=${text}`),
  'a boundary and what follows': (text) => boundaryOf(`multipart/form-data; boundary=b${text}x`),
  'a quoted boundary': (text) => boundaryOf(`multipart/form-data; boundary="${text}"; c=d`),
  'what is in front of a boundary': (text) => boundaryOf(`multipart/form-data${text}; boundary=b`),
  'codings of a request': (text) => encodingError({ 'content-encoding': text, 'transfer-encoding': text }),
  'the range of a request': (text) => encodingError({ 'content-range': text }),
  'a header of a part': (text) => parsePartHeaders(text),
  'a disposition': (text) => parsePartHeaders(`Content-Disposition: form-data${text}`),
  'a field name': (text) => parsePartHeaders(`Content-Disposition: form-data; name="${text}"`),
  'a file name': (text) => parsePartHeaders(`Content-Disposition: form-data; filename="${text}`),
  'an extended file name': (text) =>
    parsePartHeaders(`Content-Disposition: form-data; filename*=UTF-8''${text}`),
  'the type of a part': (text) =>
    parsePartHeaders(`Content-Disposition: form-data; name=a\r\nContent-Type: text/plain;${text}`),
  'a folded header': (text) => parsePartHeaders(`Content-Disposition: form-data;\r\n ${text}`),
  'a name that nests': (text) => addField({} as FormFields, fieldName(text, limits), 'x', limits),
  'keys of a name that nests': (text) => addField({} as FormFields, `a[${text}]`, 'x', limits),
  'a text': (text) => decodeText(Buffer.from(text)),
  'the charset of a text': (text) => decodeText(Buffer.from('x'), text),
  'the path of an import': (text) => checkSourceUrl(`https://a.example.com/${text}`, { allowedHosts }),
  'the query of an import': (text) => checkSourceUrl(`https://a.example.com/?${text}`, { allowedHosts }),
  'the host of an import': (text) => checkSourceUrl(`https://${text}.example.com/`, { allowedHosts }),
  'the user of an import': (text) => checkSourceUrl(`https://${text}@a.example.com/`, { allowedHosts }),
  'a long path of an import': (text) =>
    checkSourceUrl(`https://a.example.com/${text}`, { allowedHosts, maxUrlLength: 1e9 }),
  'an origin': (text) => site({ origin: `https://${text}`, host: 'a.example' }),
  'a host': (text) => site({ origin: 'https://b.example', host: text }),
  'an origin that is compared': (text) => corsHeaders({ origin: text }, ['https://a.example']),
  'headers that are asked for': (text) => preflightHeaders({ 'access-control-request-headers': text }),
  'a Vary in front': (text) => mergeVary(text, 'Origin'),
  'a MIME type': (text) => canonicalImageType(text),
  'a file that comes byte by byte': (text) => {
    const probe = new ImageProbe(Number.POSITIVE_INFINITY);
    for (const [at, byte] of Buffer.from(text).entries()) probe.pass(Uint8Array.of(byte), at + 1);
  },
  'labels of an image': (text) =>
    checkMetadata({ purpose: text, idempotencyKey: text, customMetadata: { [text]: text } }),
  'the name of an option': (text) => didYouMean(text, ['limits', 'accept']),
  transformations: (text) => parseTransformations(new URLSearchParams(text)),
  'the value of a transformation': (text) =>
    parseTransformations(new URLSearchParams(`width=${text}&background=${text}`)),
  'what the service answers': (text) =>
    toUpstreamError({ call: 'GET', status: 400, body: text, apiKey: 'sk_x' }),
  'a Retry-After': (text) => toUpstreamError({ call: 'GET', status: 429, body: '', retryAfter: text }),
};

/** In characters: half of it is compared with twice of it. What grows with the square takes seconds for these. */
const SIZE = 48 * 1024;

describe('the work for a text grows as the text does', () => {
  it.each(Object.entries(READERS))('in %s', async (_name, read) => {
    // What is refused is a result, too.
    const tried = (text: string): void => {
      try {
        read(text);
      } catch {}
    };
    expect(await steepOf(SIZE, tried)).toEqual([]);
  });
});
