import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { Cancellation } from '../cancellation.ts';
import { Scan, type ScanFile } from './scan.ts';

const INFO = { fieldname: 'avatar', originalname: 'cat.jpg', mimetype: 'image/jpeg' } as const;
const chunk = new Uint8Array(8);

it('takes no more bytes once it was too late, so that no file is sent without those it missed', async () => {
  let goOn = (): void => undefined;
  const held = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  let tookSecond = (): void => undefined;
  const second = new Promise<void>((resolve) => {
    tookSecond = resolve;
  });
  let taken = 0;
  const scan = new Scan(
    async (bytes) => {
      for await (const _ of bytes) {
        taken += 1;
        if (taken === 2) tookSecond();
        await held;
      }
      return true;
    },
    10,
    new Cancellation(),
  );
  scan.start(INFO);
  await scan.pass(chunk);
  await scan.pass(chunk);
  await expect(scan.pass(chunk)).rejects.toMatchObject({ code: 'SCAN_FAILED' });
  goOn();
  await second;
  expect(() => scan.pass(chunk)).toThrow(expect.objectContaining({ code: 'SCAN_FAILED' }));
  expect(scan.causeOf(new Error('The PUT has failed'))).toMatchObject({ code: 'SCAN_FAILED' });
  scan.close();
});

it('fails what reads on after it has returned, instead of ending where bytes are missing', async () => {
  let reading: Promise<unknown> = Promise.resolve();
  const scan = new Scan(
    (bytes) => {
      reading = (async () => {
        for await (const _ of bytes);
      })();
      reading.catch(() => undefined);
      return true;
    },
    1000,
    new Cancellation(),
  );
  scan.start(INFO);
  await scan.pass(chunk);
  // Its verdict is there.
  await setImmediate();
  await scan.pass(chunk);
  await scan.end();
  await expect(reading).rejects.toThrow('scan has returned before it has read all bytes');
});

const started = (scanFile: ScanFile): Scan => {
  const scan = new Scan(scanFile, 1000, new Cancellation());
  scan.start({ fieldname: 'a', originalname: 'a.png', mimetype: 'image/png' });
  return scan;
};

const verdictLater = () => {
  let decide = (_verdict: boolean): void => undefined;
  const verdict = new Promise<boolean>((resolve) => {
    decide = resolve;
  });
  return { verdict, decide: (passes: boolean) => decide(passes) };
};

it('a scan that lets a file through unread lets the chunk go on that waits for it', async () => {
  const { verdict, decide } = verdictLater();
  const scan = started(() => verdict);
  expect(scan.pass(Buffer.from('first'))).toBeUndefined();
  const waiting = scan.pass(Buffer.from('second'));
  expect(waiting).toBeInstanceOf(Promise);
  decide(true);
  await waiting;
  await scan.end();
});

it('a scan that has left its loop holds no chunk up, while its verdict is not there', async () => {
  const { verdict, decide } = verdictLater();
  const scan = started(async (bytes) => {
    for await (const _ of bytes) break;
    return verdict;
  });
  for (const chunk of ['first', 'second', 'third']) await scan.pass(Buffer.from(chunk));
  decide(true);
  await scan.end();
});

it('a reason is told without the spaces around it, in 200 characters at most', async () => {
  const scan = started(() => ` ${'x'.repeat(300)}`);
  await expect(scan.end()).rejects.toMatchObject({ code: 'SCAN_REFUSED', message: 'x'.repeat(200) });
});

it('the chunk behind a refusal is not passed on', async () => {
  const scan = started(() => 'It has a virus.');
  await expect(scan.end()).rejects.toThrow('It has a virus.');
  expect(() => scan.pass(Buffer.from('more'))).toThrow('It has a virus.');
});
