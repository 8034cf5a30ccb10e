import { createImgwire, type ImgwireOptions, type RollbackFailure } from '@imgwire/core';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { Agent, buildConnector } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { image } from '../support/images.ts';
import { type DeafServers, outages, startDeafServers } from '../support/outages.ts';
import { TRANSPORTS } from '../support/transports.ts';

// Nothing is sent before there is a connection: without one there can be no record that was left behind.

const file = await image('image/png');

describe('while the service cannot be reached', () => {
  let emulator: Emulator;
  let deaf: DeafServers;
  beforeAll(async () => {
    emulator = await startEmulator();
    deaf = await startDeafServers();
  });
  afterAll(async () => {
    deaf.close();
    await emulator.close();
  });

  it.each(outages(() => deaf))(
    'because $outage, no upload is reported as left behind, over $transport',
    async (how) => {
      const failures: RollbackFailure[] = [];
      const options: ImgwireOptions = {
        ...how.connect({ url: await how.url(), apiKey: emulator.apiKey }),
        ...{ ...how.options, maxAttempts: 2, onRollbackFailed: (failure) => void failures.push(failure) },
      };
      const imgwire = createImgwire(options);
      const ways = [
        imgwire.upload({ file }),
        imgwire.upload({ file, idempotencyKey: 'mine' }),
        imgwire.createDirectUpload({ fileName: 'a.png' }),
      ];
      const codes = await Promise.all(ways.map((way) => way.catch(({ code }: { code: string }) => code)));
      await imgwire.close();
      for (const code of codes) expect(code).toMatch(/^UPSTREAM_(UNAVAILABLE|TIMEOUT)$/);
      expect(failures).toEqual([]);
    },
  );

  it.each(TRANSPORTS)('an upload whose answer was lost first is reported, over $transport', async (how) => {
    const failures: RollbackFailure[] = [];
    // Its answers are lost, and then it is gone.
    const going = await startEmulator();
    going.faults.add({ route: 'create', afterProcessing: true, times: 9 });
    const imgwire = createImgwire({
      ...how.connect(going),
      onRollbackFailed: (failure) => void failures.push(failure),
    });
    const failed = imgwire.upload({ file }).catch(({ code }: { code: string }) => code);
    await going.waitFor(({ requests }) => requests.length > 0);
    await going.close();
    expect(await failed).toBe('UPSTREAM_UNAVAILABLE');
    await imgwire.close();
    expect(failures).toEqual([expect.objectContaining({ idempotencyKey: expect.any(String) })]);
  });

  it('an upload that was given up leaves no record, though a connection comes about later', async () => {
    await emulator.reset();
    const connect = buildConnector({});
    let open = (): void => undefined;
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    const dispatcher = new Agent({
      connections: 1,
      connect: (options, done) => void opened.then(() => connect(options, done)),
    });
    const options = { apiKey: emulator.apiKey, baseUrl: emulator.url, dispatcher, maxAttempts: 1 };
    const hasty = createImgwire({ ...options, requestTimeoutMs: 50 });
    await expect(hasty.upload({ file })).rejects.toMatchObject({ code: 'UPSTREAM_TIMEOUT' });
    const patient = createImgwire(options);
    const listing = patient.list();
    open();
    await listing;
    expect(emulator.requests.map(({ route }) => route)).toEqual(['list']);
    await Promise.all([hasty.close(), patient.close()]);
    await dispatcher.destroy();
  });
});
