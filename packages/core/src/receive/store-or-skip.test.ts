import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { ImgwireError } from '../errors.ts';
import type { IncomingFile } from '../upload/store-file.ts';
import { storeOrSkip } from './store-or-skip.ts';

/** A file of a form, which takes one read at a time. */
const fileOf = (chunks: number) => {
  let left = chunks;
  let isBusy = false;
  const file: IncomingFile = {
    ...{ fieldname: 'a', originalname: 'a.png', encoding: '7bit', expectedLength: undefined },
    likelihood: undefined,
    read: async () => {
      if (isBusy) throw new Error('two reads at once');
      isBusy = true;
      await setImmediate();
      isBusy = false;
      left -= 1;
      return left >= 0 ? Buffer.alloc(1) : undefined;
    },
  };
  return { file, left: () => left };
};

it('a rejected file is read to its end behind a read that is under way, which gets none of it', async () => {
  const { file, left } = fileOf(3);
  let underWay: Promise<unknown> | undefined;
  const outcome = await storeOrSkip(file, async ({ read }) => {
    underWay = read();
    throw new ImgwireError('SCAN_REFUSED');
  });
  expect(outcome).toMatchObject({ code: 'SCAN_REFUSED' });
  expect(await underWay).toBeUndefined();
  expect(left()).toBe(-1);
});

it('whoever still reads a rejected file takes nothing of what follows it', async () => {
  const { file, left } = fileOf(3);
  let late: IncomingFile['read'] | undefined;
  await storeOrSkip(file, async ({ read }) => {
    late = read;
    throw new ImgwireError('EMPTY_FILE');
  });
  expect(await late?.()).toBeUndefined();
  expect(left()).toBe(-1);
});

it.each([new ImgwireError('SCAN_FAILED'), new TypeError('wrong')])(
  'what is wrong with more than the file is thrown: %s',
  async (error) => {
    const { file, left } = fileOf(3);
    await expect(storeOrSkip(file, async () => Promise.reject(error))).rejects.toBe(error);
    expect(left()).toBe(3);
  },
);
