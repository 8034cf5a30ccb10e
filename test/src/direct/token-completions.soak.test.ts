import { randomUUID } from 'node:crypto';
import type { UploadTokenRules } from '@imgwire/core/adapter';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { describe, expect, it, type TestContext } from 'vitest';
import { type DirectResponse, postJson } from '../support/direct-client.ts';
import { makeImage } from '../support/images.ts';
import { inFull } from '../support/sample.ts';
import { TOKEN_TARGETS } from '../support/token-targets.ts';
import { throughTransports } from '../support/transports.ts';

const png = await makeImage('image/png', { width: 20, height: 10 });
const wide = await makeImage('image/png', { width: 200, height: 10 });
const rules = { accept: ['image/png'], maxPixels: 1000 } as const;
const targets = TOKEN_TARGETS.filter(({ name }) => name !== 'core, with an event of a gateway');

describe.concurrent.each(throughTransports(targets))(
  'tokens on $name over $transport',
  ({ target, connect }) => {
    async function start(
      onTestFinished: TestContext['onTestFinished'],
      more: Partial<UploadTokenRules<never>> = {},
    ) {
      const emulator: Emulator = await startEmulator();
      onTestFinished(() => emulator.close());
      const stored: string[] = [];
      const app = await target.start({ ...connect(emulator), logger: {} }, {
        ...{ authorize: () => true, subject: () => 'alice', ticketSecret: 's'.repeat(32), rules },
        onStored: ({ id }: { id: string }) => {
          stored.push(id);
          return { saved: id };
        },
        ...more,
      } as never);
      onTestFinished(async () => void (await app.close()));
      const url = `${app.url}/token`;
      const issue = async (): Promise<{ uploadToken: string; ticket: string }> =>
        (await (await fetch(url, { method: 'POST' })).json()) as never;
      /** As the vendor's browser SDK does: it creates the record with the token, and PUTs the bytes. */
      const create = async (token: string) => {
        const created = await fetch(`${emulator.url}/api/v1/images/standard_upload?upload_token=${token}`, {
          method: 'POST',
          headers: {
            ...{ Authorization: `Bearer ${emulator.clientKey}`, 'Content-Type': 'application/json' },
          },
          body: JSON.stringify({ file_name: 'a.png', mime_type: 'image/png' }),
        });
        return (await created.json()) as { image: { id: string }; upload_url: string };
      };
      return {
        ...{ emulator, stored, url, issue, create },
        upload: async (token: string, bytes: Buffer): Promise<string> => {
          const { image, upload_url: to } = await create(token);
          const headers = { 'Content-Type': 'image/png' };
          await fetch(to, { method: 'PUT', headers, body: bytes as Uint8Array<ArrayBuffer> });
          return image.id;
        },
        complete: (ticket: string, imageId: string): Promise<DirectResponse> =>
          postJson(url, { completed: [{ ticket, imageId }] }),
      };
    }

    it('are completed by image and ticket: onStored is called, and what it returns is sent', async ({
      onTestFinished,
    }) => {
      const { emulator, stored, issue, upload, complete } = await start(onTestFinished);
      const { uploadToken, ticket } = await issue();
      const imageId = await upload(uploadToken, png);
      expect(await complete(ticket, imageId)).toMatchObject({
        status: 200,
        results: [{ image: { id: imageId, status: 'READY' }, data: { saved: imageId } }],
      });
      expect(stored).toEqual([imageId]);
      expect(emulator.images.list()).toHaveLength(1);
    });

    it('delete an image that breaks the rules', async ({ onTestFinished }) => {
      const { emulator, stored, issue, upload, complete } = await start(onTestFinished);
      const { uploadToken, ticket } = await issue();
      const imageId = await upload(uploadToken, wide);
      expect(await complete(ticket, imageId)).toMatchObject({ status: 413, code: 'TOO_MANY_PIXELS' });
      expect({ left: emulator.images.list(), stored }).toEqual({ left: [], stored: [] });
    });

    if (!inFull(target)) return;

    it('complete no image of another token, and leave it alone', async ({ onTestFinished }) => {
      const { emulator, stored, issue, upload, complete } = await start(onTestFinished);
      const [mine, others] = [await issue(), await issue()];
      const foreign = await upload(others.uploadToken, wide);
      expect(await complete(mine.ticket, foreign)).toMatchObject({ status: 403, code: 'TICKET_INVALID' });
      expect(emulator.images.list().map(({ id }) => id)).toEqual([foreign]);
      expect(await complete(mine.ticket, randomUUID())).toMatchObject({
        status: 410,
        code: 'TICKET_EXPIRED',
      });
      expect(stored).toEqual([]);
    });

    it('say nothing of an image of another token, and do not wait for it', async ({ onTestFinished }) => {
      const { emulator, issue, create, complete } = await start(onTestFinished);
      const [mine, others] = [await issue(), await issue()];
      const pending = await create(others.uploadToken);
      expect(await complete(mine.ticket, pending.image.id)).toMatchObject({
        status: 403,
        code: 'TICKET_INVALID',
      });
      expect(emulator.requests.filter(({ route }) => route === 'retrieve')).toHaveLength(1);
    });

    it('issue no ticket without a subject, and ignore every body', async ({ onTestFinished }) => {
      const plain = { subject: undefined, onStored: undefined, rules: undefined, ticketSecret: undefined };
      const { url } = await start(onTestFinished, plain);
      const response = await postJson(url, { completed: [] });
      expect(response.status).toBe(200);
      expect(Object.keys((await (await fetch(url, { method: 'POST' })).json()) as object)).toEqual([
        'uploadToken',
        'expiresAt',
      ]);
    });

    it.for([
      ['nothing in it', []],
      ['a ticket without its image', [{ ticket: 'x' }]],
      ['an image that is named by nothing', [{ ticket: 'x', imageId: '' }]],
      ['a text', 'x'],
      ['null', [null]],
      ['eleven', Array.from({ length: 11 }, () => ({ ticket: 'x', imageId: 'y' }))],
    ] as const)('are INVALID_REQUEST for a completion with %s', async ([, completed], { onTestFinished }) => {
      const { url } = await start(onTestFinished);
      expect(await postJson(url, { completed })).toMatchObject({ status: 400, code: 'INVALID_REQUEST' });
    });
  },
);
