import { readdirSync } from 'node:fs';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openTemporaryFiles } from '../support/leftovers.ts';
import { liveAs, NEST_STARTS } from './starts.ts';
import { outcomeOf } from './starts-outcome.ts';

describe.each(Object.keys(NEST_STARTS))('one application, started as %s', (start) => {
  let emulator: Emulator;
  beforeEach(async () => {
    emulator = await startEmulator();
  });
  afterEach(() => emulator.close());

  it('uploads in its own way, and has ended what is in flight when it is closed', async () => {
    const outcome = await liveAs(start, { apiKey: emulator.apiKey, baseUrl: emulator.url });
    expect(outcome).toEqual(outcomeOf(start));
    emulator.assertNothingPending();
    await emulator.waitFor((e) => e.connections() === 0);
  });

  it('leaves no socket or file open', async () => {
    const live = () => liveAs(start, { apiKey: emulator.apiKey, baseUrl: emulator.url });
    await live();
    await emulator.waitFor((e) => e.connections() === 0);
    const open = () => readdirSync('/proc/self/fd').length;
    const before = open();
    await live();
    await emulator.waitFor((e) => e.connections() === 0);
    await expect.poll(open).toBe(before);
    expect(openTemporaryFiles()).toEqual([]);
  });
});
