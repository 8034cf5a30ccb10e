import { type FormSchema, ImgwireError } from '@imgwire/core';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Answer, encodeForm, openPost, type Part, postBody, postForm } from '../support/client.ts';
import { image } from '../support/images.ts';
import { casesFor, inFull } from '../support/sample.ts';
import { type RunningTarget, TARGETS, type TargetOptions } from '../support/targets.ts';
import { overRest } from '../support/upload-suite.ts';
import { POSTS, schemaOf } from './form-schemas.ts';

const text = (name: string, value: string): Part => ({ name, value });
const title = text('title', ' Lake ');
const rating = text('rating', '5');
const wrong = text('rating', 'nice');

describe.each(TARGETS)('a form with a schema on $name', (target) => {
  let emulator: Emulator;
  let file: Part;
  let app: RunningTarget | undefined;
  const start = async (form: FormSchema, rules: TargetOptions = {}): Promise<RunningTarget> => {
    app = await target.start({ ...overRest(emulator), ...rules, form });
    return app;
  };
  const post = (parts: readonly Part[]): Promise<Answer> => postForm(`${app?.url}/any`, parts);
  const created = (): number => emulator.requests.filter(({ route }) => route === 'create').length;
  /** Issues at these paths, in any order; a library may have more than one for a path. */
  const expectInvalid = ({ status, headers, json }: Answer, ...paths: (string | number)[][]): void => {
    const issues = json.issues.map(({ path }: { readonly path: unknown }) => path);
    expect(json).toMatchObject({
      ...{ title: 'Unprocessable Entity', status: 422, code: 'INVALID_FORM' },
      detail: 'The fields of the form are not valid.',
      issues: issues.map((path: unknown) => ({ path, message: expect.stringMatching(/./) })),
    });
    expect(new Set(issues.map(String))).toEqual(new Set(paths.map(String)));
    expect([status, headers['content-type']]).toEqual([422, expect.stringMatching('^application/problem')]);
    expect(emulator.images.list()).toEqual([]);
  };
  beforeAll(async () => {
    emulator = await startEmulator();
    file = { name: 'avatar', fileName: 'lake.png', bytes: await image('image/png') };
  });
  beforeEach(() => emulator.reset());
  afterEach(async () => {
    await app?.close();
    app = undefined;
  });
  afterAll(() => emulator.close());

  describe.each(casesFor(target, POSTS))('of %s', (_library, schema) => {
    beforeEach(() => start(schema));

    it('gives the handler its output, of fields in front of two files and behind them', async () => {
      const parts = [title, text('tags[]', 'blue'), file, rating, text('place[city]', 'Bern'), file];
      const { status, json } = await post([...parts, text('tags[]', 'cold')]);
      const body = { title: 'Lake', rating: 5, tags: ['blue', 'cold'], place: { city: 'Bern' } };
      expect([status, json.body, json.images.length]).toEqual([200, body, 2]);
    });

    it('rejects wrong fields in front of a file before a record is created', async () => {
      expectInvalid(await post([text('title', ' '), wrong, file]), ['title'], ['rating']);
      const nested = [
        title,
        text('place[city]', 'B'),
        text('tags[]', 'blue'),
        text('tags[]', 'far too long'),
        file,
      ];
      expectInvalid(await post(nested), ['tags', 1], ['place', 'city']);
      expect(created()).toBe(0);
    });

    it('rejects wrong fields behind a file, and deletes the image', async () => {
      expectInvalid(await post([title, file, wrong]), ['rating']);
      expect(created()).toBe(1);
    });

    it('rejects wrong fields between two files before the second record is created', async () => {
      expectInvalid(await post([title, file, wrong, file]), ['rating']);
      expect(created()).toBe(1);
    });

    it('rejects what is missing or too short when the form is complete', async () => {
      expectInvalid(await post([title, text('tags[]', 'blue'), file]), ['rating'], ['tags']);
      expect(created()).toBe(1);
    });

    it('checks a form without a file', async () => {
      expect((await post([title, rating])).json.body).toEqual({ title: 'Lake', rating: 5 });
      expectInvalid(await post([title, wrong]), ['rating']);
    });

    it('rejects a request that is no form', async () => {
      const headers = { 'content-type': 'application/json' };
      const { status, json } = await postBody(`${app?.url}/any`, Buffer.from('{}'), { headers });
      expect([status, json.code]).toEqual([415, 'NOT_MULTIPART']);
    });
  });

  it('judges a name that comes on both sides of a file by what came first', async () => {
    await start(POSTS[0]?.[1] as FormSchema);
    expectInvalid(await post([title, rating, text('tags', 'a'), file, text('tags', 'b')]), ['tags']);
    expect(created()).toBe(0);
  });

  it('waits for a schema that is asynchronous', async () => {
    await start(
      schemaOf(async (fields) => ({ value: { names: await Promise.all(Object.keys(Object(fields))) } })),
    );
    expect((await post([title, file, rating])).json.body).toEqual({ names: ['title', 'rating'] });
  });

  it('passes on what a schema throws, and keeps no image', async () => {
    const error = Object.assign(new Error('The list of titles cannot be read.'), { statusCode: 503 });
    const { errors } = await start(schemaOf(async () => Promise.reject(error)));
    await post([title, file]);
    await post([file, title]);
    expect(errors).toEqual([error, error]);
    expect(emulator.images.list()).toEqual([]);
    expect(created()).toBe(1);
  });

  if (!inFull(target)) return;

  it('gives metadata the texts as they were sent', async () => {
    const seen: unknown[] = [];
    const metadata = (_req: unknown, { fields }: { readonly fields: object }): undefined => {
      seen.push({ ...fields });
    };
    await start(POSTS[0]?.[1] as FormSchema, { metadata });
    await post([title, rating, file]);
    expect(seen).toEqual([{ title: ' Lake ', rating: '5' }]);
  });

  it('keeps the issues of an error that metadata throws', async () => {
    const issues = [{ path: ['title'], message: 'There is a post of this title.' }];
    const metadata = (): never => {
      throw new ImgwireError('INVALID_FORM', { issues });
    };
    await start(POSTS[0]?.[1] as FormSchema, { metadata });
    expect((await post([title, rating, file])).json).toMatchObject({
      field: 'avatar',
      fileName: 'lake.png',
      issues,
    });
  });

  it('sends 100 issues of a form that has more', async () => {
    await start(schemaOf(() => ({ issues: Array.from({ length: 1000 }, () => ({ message: 'wrong' })) })));
    const answer = await post([file]);
    expectInvalid(answer, []);
    expect(answer.json.issues).toHaveLength(100);
  });

  it('checks only what has come since the last file', async () => {
    let checks = 0;
    await start(schemaOf((value) => ({ value: { ...Object(value), checks: ++checks } })));
    const { json } = await post([file, title, file, file, rating, file]);
    expect(json.body.checks).toBe(3);
  });

  it('does not wait for a schema longer than for its client', async () => {
    let wait = (): void => undefined;
    const waiting = new Promise<void>((resolve) => {
      wait = resolve;
    });
    const { errors } = await start(
      schemaOf(() => {
        wait();
        return new Promise(() => undefined);
      }),
    );
    const body = encodeForm([file, title]);
    const { request } = openPost(`${app?.url}/any`, body.length);
    request.end(body);
    await waiting;
    request.destroy();
    await expect.poll(() => errors).toEqual([expect.objectContaining({ code: 'CLIENT_ABORTED' })]);
    expect(emulator.images.list()).toEqual([]);
    expect(created()).toBe(1);
  });
});
