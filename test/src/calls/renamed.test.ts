import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { createImgwire } from '@imgwire/core';
import { startEmulator } from '@imgwire/emulator';
import { describe, expect, it } from 'vitest';

const nothing = (): void => undefined;

describe('a name from before 1.0', () => {
  it.each([
    ['imgwire:upload:measured', 'imgwire:upload:started'],
    ['imgwire:upload:undone', 'imgwire:upload:rolled-back'],
    ['imgwire:upload:undo-failed', 'imgwire:upload:rollback-failed'],
  ])('is logged with the new one where somebody subscribes to %s', (old, name) => {
    const lines: string[] = [];
    const logger = { warn: (_: object, message: string) => void lines.push(message) };
    subscribe(old, nothing);
    createImgwire({ apiKey: 'sk_x', logger });
    unsubscribe(old, nothing);
    createImgwire({ apiKey: 'sk_x', logger });
    expect(lines).toEqual([`The channel "${old}" was renamed to "${name}".`]);
  });

  it('of a property is answered with the new one, and is not in the JSON', async () => {
    const emulator = await startEmulator();
    const imgwire = createImgwire({ baseUrl: emulator.url, apiKey: emulator.apiKey });
    const direct: object = await imgwire.createDirectUpload({ fileName: 'a.png', contentLength: 9 });
    expect(() => (direct as { upload_url: string }).upload_url).toThrow(
      new TypeError('upload_url was renamed to uploadUrl.'),
    );
    expect(Object.keys(JSON.parse(JSON.stringify(direct)))).toEqual(['image', 'uploadUrl']);
    await imgwire.close();
    await emulator.close();
  });

  it.each([
    ['hash', 'hashAlgorithm', { hash: 'sha256' }],
    ['onUndoFailed', 'onRollbackFailed', { onUndoFailed: nothing }],
  ])('of an option, %s, is a TypeError that says %s', (old, name, options) => {
    const make = (): unknown =>
      old === 'hash'
        ? createImgwire({ apiKey: 'sk_x' }).receiver(options as object)
        : createImgwire({ apiKey: 'sk_x', ...options });
    expect(make).toThrow(`unknown option "${old}"; did you mean "${name}"?`);
  });
});
