import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { effort } from '../../../../test/src/support/effort.ts';
import { imageUrl } from '../image/url.ts';
import { TRANSFORMATIONS } from './table.ts';
import { parseTransformations } from './transformations.ts';

const parse = (query: string) => parseTransformations(new URLSearchParams(query));

const names = Object.entries(TRANSFORMATIONS).flatMap(([name, { aliases }]) => [name, ...aliases]);

describe('the table of transformations', () => {
  test('is in the order of the names, as URLs have to be', () => {
    const canonical = Object.keys(TRANSFORMATIONS);
    expect(canonical).toEqual(canonical.toSorted((a, b) => a.localeCompare(b)));
  });

  test('holds the 49 transformations of the service, and no name twice', () => {
    expect(Object.keys(TRANSFORMATIONS)).toHaveLength(49);
    expect(new Set(names).size).toBe(names.length);
  });
});

describe('parseTransformations', () => {
  test('gives values under canonical names', () => {
    const { transformations, errors } = parse('w=800&h=600&f=jpeg&q=auto&el=yes&g=se&bg=%23FFF&hu=-12.5');
    expect(errors).toEqual([]);
    expect(transformations).toEqual({
      background: '#fff',
      enlarge: true,
      format: 'jpg',
      gravity: 'southeast',
      height: 600,
      hue: -12.5,
      quality: 'auto',
      width: 800,
    });
  });

  test('reads colon notations and JSON alike', () => {
    const fields = { image_id: 'logo', gravity: 'southeast', y: -5 };
    expect(parse('wm=logo:se::-5').transformations.watermark).toEqual(fields);
    const json = encodeURIComponent(JSON.stringify(fields));
    expect(parse(`watermark=${json}`).transformations.watermark).toEqual(fields);
  });

  test('leaves out what changes nothing', () => {
    expect(parse('blur=false&flip=0:0')).toEqual({ transformations: {}, errors: [] });
  });

  test.each(['width=1&width=2', 'width=1&w=1', 'w=0&width=1'])('reports the duplicate in %s', (query) => {
    expect(parse(query).errors.at(-1)).toMatchObject({ reason: 'duplicate' });
  });

  test('reports a value out of range, and reads the rest', () => {
    const { transformations, errors } = parse('w=8193&h=8192');
    expect(transformations).toEqual({ height: 8192 });
    const message = `"w" cannot be '8193'; allowed: a whole number from 1 to 8192`;
    expect(errors).toEqual([{ reason: 'invalid', name: 'w', message }]);
  });

  test('reports an unknown name', () => {
    expect(parse('utm_source=x').errors).toMatchObject([{ reason: 'unknown', name: 'utm_source' }]);
  });

  test('tells the first hundred mistakes, and guesses at fewer, so that thousands of them cost little', async () => {
    const unknown = Array.from({ length: 4000 }, (_, index): [string, string] => [`widht${index}`, '1']);
    const { errors } = parse('widht=1');
    expect(errors[0]?.message).toContain('did you mean "width"?');
    const run = () => expect(parseTransformations(new URLSearchParams(unknown)).errors).toHaveLength(100);
    expect(await effort(run)).toBeLessThan(3);
  });

  const word = fc.constantFrom(
    '1',
    '0',
    '-5',
    '0.5',
    '90',
    'true',
    'auto',
    'fff',
    'se',
    'a,b',
    '',
    '{"x":1}',
  );
  const colons = fc.array(word, { maxLength: 6 }).map((parts) => parts.join(':'));
  const value = fc.oneof(word, colons, fc.string(), fc.json());

  test('never throws, whatever the query', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.oneof(fc.constantFrom(...names), fc.string()), value)), (query) => {
        parseTransformations(new URLSearchParams(query));
      }),
    );
  });

  test('reads from a URL what it read when the URL was built', () => {
    // The details of a watermark make no URL without one.
    const alone = names.filter((name) => !/^(watermark_[oprs]|wm[prs]|wm_rot)/.test(name));
    fc.assert(
      fc.property(fc.constantFrom(...alone), value, (name, text) => {
        const { transformations, errors } = parseTransformations(new URLSearchParams([[name, text]]));
        fc.pre(errors.length === 0);
        const url = imageUrl('https://cdn.imgwire.dev/image', { [name]: text });
        expect(parse(new URL(url).search)).toEqual({ transformations, errors });
      }),
    );
  });
});
