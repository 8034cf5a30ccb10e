import { EventEmitter, once } from 'node:events';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { createImgwire, type Imgwire, type ImgwireOptions, type RollbackFailure } from '@imgwire/express';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { image } from '../support/images.ts';
import { overRest } from '../support/upload-suite.ts';

const file = await image('image/png');

let emulator: Emulator;
let imgwire: Imgwire;
let told: string[];
let failures: RollbackFailure[];
let errors: unknown[];
beforeEach(async () => {
  emulator = await startEmulator();
  [told, failures, errors] = [[], [], []];
});
afterEach(async () => {
  await imgwire.close();
  await emulator.close();
});

function connect(options: ImgwireOptions = {}): void {
  imgwire = createImgwire({
    ...overRest(emulator),
    beforeCreate: async ({ idempotencyKey }) => {
      told.push(`${idempotencyKey}, ${seen()}`);
      return {
        onCreated: (imageId) => void told.push(`created ${imageId}, ${seen()}`),
        onSettled: () => void told.push(`settled, ${seen()}`),
      };
    },
    onRollbackFailed: (failure) => void failures.push(failure),
    logger: { error: (context) => errors.push(context) },
    ...options,
  });
}

const fail = (message: string): never => {
  throw new Error(message);
};

/** The calls that the service has seen. */
const seen = (): string => `after ${emulator.requests.map(({ route }) => route).join(' ') || 'nothing'}`;

const idOf = (): string => emulator.images.list().at(-1)?.id ?? '';

describe('beforeCreate', () => {
  it('is called and waited for before the record is created, and told of its end', async () => {
    connect();
    await imgwire.upload({ file, idempotencyKey: 'one' });
    expect(told).toEqual([
      'one, after nothing',
      `created ${idOf()}, after create`,
      'settled, after create put',
    ]);
  });

  it('is told of the end once a failed upload is undone', async () => {
    connect({ maxAttempts: 1 });
    emulator.faults.add({ route: 'put', status: 400 });
    await expect(imgwire.upload({ file })).rejects.toThrow();
    expect(told).toHaveLength(3);
    expect(told[2]).toBe('settled, after create put delete');
    expect(emulator.images.list()).toEqual([]);
  });

  it('is told of the end when there is no record', async () => {
    connect({ maxAttempts: 1 });
    emulator.faults.add({ route: 'create', status: 400 });
    await expect(imgwire.upload({ file })).rejects.toThrow();
    expect(told.map((line) => line.replace(/^.{36},/, 'key,'))).toEqual([
      'key, after nothing',
      'settled, after create',
    ]);
  });

  it('is called for each of two records, when the first one has been refused its bytes', async () => {
    connect();
    emulator.faults.add({ route: 'put', expired: true });
    await imgwire.upload({ file });
    expect(told).toHaveLength(6);
    expect(new Set(told).size).toBe(6);
    expect(told[2]).toBe('settled, after create put delete');
    expect(told[5]).toBe('settled, after create put delete create put');
  });

  it('is not called for a record whose bytes a client sends itself', async () => {
    connect();
    await imgwire.createDirectUpload({ fileName: 'a.png' });
    expect(told).toEqual([]);
  });

  it.each<[string, () => unknown]>([
    ['throws', () => fail('the hook')],
    ['rejects', async () => fail('the hook')],
    ['answers what throws', () => ({ created: () => fail('created'), settled: () => fail('settled') })],
    [
      'answers what rejects',
      () => ({ created: async () => fail('created'), settled: async () => fail('settled') }),
    ],
    ['answers nothing', () => undefined],
  ])('fails no upload when it %s', async (_case, beforeCreate) => {
    connect({ beforeCreate: beforeCreate as NonNullable<ImgwireOptions['beforeCreate']> });
    expect(await imgwire.upload({ file, idempotencyKey: 'one' })).toMatchObject({ id: idOf() });
    for (const error of errors) {
      expect(error).toEqual({ idempotencyKey: 'one', err: expect.any(Error) });
    }
    emulator.assertNothingPending();
  });

  it('holds up no upload that is aborted, and is told of its end when it has answered', async () => {
    const hook = new EventEmitter();
    const heard = (event: string): Promise<unknown[]> => once(hook, event);
    const [asked, settled] = [heard('asked'), heard('settled')];
    connect({
      beforeCreate: async () => {
        hook.emit('asked');
        await heard('answer');
        return { onCreated: () => fail('there is no record'), onSettled: () => void hook.emit('settled') };
      },
    });
    const abort = new AbortController();
    const upload = imgwire.upload({ file, signal: abort.signal });
    await asked;
    abort.abort();
    await expect(upload).rejects.toThrow();
    hook.emit('answer');
    await settled;
    expect(emulator.requests).toEqual([]);
    expect(errors).toEqual([]);
  });
});

describe('a record that could not be deleted', () => {
  it.each([
    ['is to be deleted whatever its state, when its key was ours', undefined, undefined],
    ['is to be deleted only while it is PENDING, when its key was the user’s', 'mine', true],
  ])('%s', async (_case, idempotencyKey, onlyIfPending) => {
    connect({ maxAttempts: 1 });
    emulator.faults.add({ route: 'put', status: 400 });
    emulator.faults.add({ route: 'delete', status: 500 });
    await expect(imgwire.upload({ file, idempotencyKey })).rejects.toThrow();
    expect(failures).toEqual([
      { imageId: idOf(), error: expect.anything(), ...(onlyIfPending && { idempotencyKey, onlyIfPending }) },
    ]);
  });

  it('is to be deleted only while it is PENDING, when its state could not be asked for', async () => {
    connect({ maxAttempts: 1 });
    emulator.faults.add({ route: 'put', status: 400 });
    emulator.faults.add({ route: 'retrieve', status: 500 });
    await expect(imgwire.upload({ file, idempotencyKey: 'mine' })).rejects.toThrow();
    const error = expect.anything();
    expect(failures).toEqual([{ imageId: idOf(), idempotencyKey: 'mine', onlyIfPending: true, error }]);
  });

  it('is to be deleted only while it is PENDING, when only the user’s key is known', async () => {
    connect({ maxAttempts: 1 });
    emulator.faults.add({ route: 'create', status: 500, times: 2 });
    await expect(imgwire.upload({ file, idempotencyKey: 'mine' })).rejects.toThrow();
    expect(failures).toEqual([{ idempotencyKey: 'mine', onlyIfPending: true, error: expect.anything() }]);
  });
});
