import { createImgwire, type Imgwire, type RollbackFailure } from '@imgwire/core';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { image } from '../support/images.ts';
import { TRANSPORTS } from '../support/transports.ts';

const png = await image('image/png');
/** What a proxy, or a wrong address, says to a delete: the contract promises an object. */
const ANSWERS = ['', '<html>Welcome</html>', '[]', '"deleted"', 'null'];

describe.each(TRANSPORTS)('over $transport', ({ connect }) => {
  let emulator: Emulator;
  let imgwire: Imgwire;
  let failures: RollbackFailure[];
  beforeEach(async () => {
    failures = [];
    emulator = await startEmulator();
    imgwire = createImgwire({
      ...connect(emulator),
      maxAttempts: 2,
      onRollbackFailed: (f) => void failures.push(f),
    });
  });
  afterEach(async () => {
    await imgwire.close();
    await emulator.close();
  });
  const left = (): string[] => emulator.images.list().map(({ id }) => id);

  it.each(ANSWERS)('does not take %j for the answer to a delete, and asks again', async (body) => {
    const { id } = await imgwire.upload({ file: png });
    emulator.faults.add({ route: 'delete', status: 200, body });
    await imgwire.delete(id);
    expect(left()).toEqual([]);
  });

  it.each(ANSWERS)(
    'rejects a delete, and reports a discarded image, while %j is all that comes',
    async (body) => {
      const { id } = await imgwire.upload({ file: png });
      emulator.faults.add({ route: 'delete', status: 200, body, times: null });
      await expect(imgwire.delete(id)).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
      await imgwire.discard(id);
      expect(failures).toMatchObject([{ imageId: id, error: { code: 'UPSTREAM_UNAVAILABLE' } }]);
      expect(left()).toEqual([id]);
    },
  );

  it('does not take a page for the answer to a bulk delete', async () => {
    const { id } = await imgwire.upload({ file: png });
    emulator.faults.add({ route: 'bulk_delete', status: 200, body: '<html>Welcome</html>' });
    await imgwire.bulkDelete([id]);
    expect(left()).toEqual([]);
  });
});
