import { createImgwire, type ImgwireOptions, type RollbackFailure } from '@imgwire/core';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { read } from '../docs/markdown.ts';
import { imageOfSize } from '../support/images.ts';
import { TRANSPORTS } from '../support/transports.ts';

// packages/core/docs/operating.md gives a number for a grace period: what it is made of.

const file = await imageOfSize('image/jpeg', 5000);

/** The default of an option, as its page has it. */
function defaultOf(option: string): number {
  const row = new RegExp(`^\\| \`${option}\` \\|[^|]*\\| ([\\d_]+)`, 'm');
  return Number(row.exec(read('packages/core/docs/options.md'))?.[1]?.replaceAll('_', ''));
}

describe.each(TRANSPORTS)('closing while an upload is undone, over $transport', ({ connect }) => {
  let emulator: Emulator;
  let failures: RollbackFailure[];
  beforeEach(async () => {
    emulator = await startEmulator();
    failures = [];
  });
  afterEach(() => emulator.close());

  /** The calls to delete that closing waits for. */
  async function deletesOf(options: ImgwireOptions): Promise<number> {
    const onRollbackFailed = (failure: RollbackFailure): void => void failures.push(failure);
    const imgwire = createImgwire({ ...connect(emulator), onRollbackFailed, ...options });
    emulator.faults.add({ route: 'put', hang: true });
    const upload = imgwire.upload({ file }).catch(({ code }: { code: string }) => code);
    await emulator.waitFor(({ requests }) => requests.some(({ route }) => route === 'put'));
    await imgwire.close({ timeoutMs: 0 });
    expect(await upload).toBe('SHUTTING_DOWN');
    return emulator.requests.filter(({ route }) => route === 'delete').length;
  }

  it('takes one call where Imgwire answers', async () => {
    expect(await deletesOf({})).toBe(1);
    expect(failures).toEqual([]);
    expect(emulator.images.list()).toEqual([]);
  });

  it('takes maxAttempts calls of requestTimeoutMs where it does not, and the record is reported before the end', async () => {
    emulator.faults.add({ route: 'delete', hang: true, times: null });
    expect(await deletesOf({ maxAttempts: 3, requestTimeoutMs: 100 })).toBe(3);
    expect(failures).toHaveLength(1);
  });

  it('waits for a Retry-After of 10 s at most', async () => {
    emulator.faults.add({ route: 'delete', status: 503, headers: { 'retry-after': '11' }, times: null });
    expect(await deletesOf({ maxAttempts: 3 })).toBe(1);
    expect(failures).toHaveLength(1);
  });
});

it('the page adds this up', () => {
  const [attempts, callMs] = ['maxAttempts', 'requestTimeoutMs'].map(defaultOf) as [number, number];
  const closeSeconds = defaultOf('closeTimeoutMs') / 1000;
  const undoSeconds = (attempts * callMs + (attempts - 1) * 10_000) / 1000;
  const text = read('packages/core/docs/operating.md').replace(/\s+/g, ' ');
  expect(text).toContain(`Retry-After\` asks for: ${undoSeconds} s`);
  expect(text).toContain(`\`closeTimeoutMs\` + 5 s, by default ${closeSeconds + 5} s.`);
  expect(text).toContain(
    `If no record may be left when Imgwire is down, it is ${closeSeconds + undoSeconds + 5} s.`,
  );
});
