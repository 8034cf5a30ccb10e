import {
  imgwireDirectUpload,
  imgwireStorage,
  imgwireUpload,
  imgwireUploadToken,
  imgwireUploadViaUrl,
} from '@imgwire/express';
import { expect, it } from 'vitest';
import { ofArktype, ofZod } from './form-schemas.ts';

class NewPost {}

it.each<[string, unknown, RegExp]>([
  ['the fields of a schema', { title: ofZod }, /: write form: z\.object\(\{ … \}\) around the fields\.$/],
  ['the same of arktype', { title: ofArktype }, /: write form: z\.object\(\{ … \}\) around the fields\.$/],
  ['a schema of zod 3.23', { safeParse: () => undefined }, /: this version .* install a newer one\.$/],
  [
    'a schema of a later standard',
    { '~standard': { version: 2, validate: () => undefined } },
    / of zod 4\.$/,
  ],
  [
    'a JSON schema',
    { type: 'object', properties: {} },
    /, not a JSON schema: in Fastify write .*schema: \{ body \}/,
  ],
  ['a class', NewPost, /: a class of class-validator goes to the ValidationPipe of Nest/],
  ['a callback', () => true, / any other function into the handler\.$/],
  ['a text', 'title', /"form" must be a schema, such as z\.object\(\{ title: z\.string\(\) \}\) of zod 4\.$/],
  ['null', null, / of zod 4\.$/],
])('%s is no schema of a form', (_what, form, message) => {
  const make = (): unknown => imgwireUpload({ apiKey: 'sk_1', form: form as never });
  expect(make).toThrow(TypeError);
  expect(make).toThrow(/^imgwireUpload\(\): option "form" must be a schema, such as z\.object/);
  expect(make).toThrow(message);
});

it('a schema beside a route without a form is an error that says where it belongs', () => {
  const given = { apiKey: 'sk_1', authorize: () => true, form: ofZod };
  expect(() => imgwireStorage({ apiKey: 'sk_1', form: ofZod } as never)).toThrow(
    /unknown option "form"; multer reads the form: write it in imgwireUpload\(\)/,
  );
  expect(() => imgwireDirectUpload({ ...given, subject: null } as never)).toThrow(
    /unknown option "form"; it belongs to imgwireUpload\(\): validate `file\.fields` in `metadata`/,
  );
  expect(() => imgwireUploadToken(given)).toThrow(/unknown option "form"; it belongs to imgwireUpload\(\)/);
  expect(() => imgwireUploadViaUrl({ ...given, allowedHosts: ['images.example.com'] } as never)).toThrow(
    /unknown option "form"; it belongs to imgwireUpload\(\)/,
  );
});
