import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

interface Found {
  readonly name: string;
  readonly type: string;
  readonly body: {
    readonly code: string;
    readonly type?: string;
    readonly results?: readonly { readonly error: { readonly code: string; readonly type?: string } }[];
  };
}

const SCRIPT = fileURLToPath(new URL('../support/children/problem-types.ts', import.meta.url));

/** The failures of all adapters in a process whose environment has this address of the pages. */
async function failuresWith(emulator: Emulator, address: string | undefined): Promise<Found[]> {
  const { IMGWIRE_DOCS: _, ...env } = process.env;
  const options = JSON.stringify({ url: emulator.url, apiKey: emulator.apiKey });
  const child = spawn(process.execPath, ['--import', 'tsx', SCRIPT, options], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: { ...env, ...(address !== undefined && { IMGWIRE_DOCS: address }) },
  });
  const lines = (await text(child.stdout)).trim().split('\n');
  return JSON.parse(lines.at(-1) ?? '') as Found[];
}

describe('the type of problem details', () => {
  let emulator: Emulator;
  beforeAll(async () => {
    emulator = await startEmulator();
  });
  afterAll(() => emulator.close());

  it('is the page about the code in every adapter, where the environment says where the pages are', async () => {
    const failures = await failuresWith(emulator, 'https://pages.example/imgwire/');
    expect(failures.length).toBeGreaterThan(25);
    for (const { name, type, body } of failures) {
      expect({ name, type, body }).toMatchObject({
        type: expect.stringMatching(/^application\/problem\+json/),
        body: { code: expect.stringMatching(/^[A-Z_]+$/), title: expect.any(String) },
      });
      for (const each of [body, ...(body.results ?? []).map(({ error }) => error)]) {
        expect({ name, type: each.type }).toEqual({
          name,
          type: `https://pages.example/imgwire/errors/${each.code}`,
        });
      }
    }
    const codes = new Set(failures.map(({ body }) => body.code));
    expect(codes).toEqual(new Set(['UNSUPPORTED_IMAGE_TYPE', 'FORBIDDEN', 'TICKET_INVALID']));
  });

  it('is absent in every adapter, where nobody says where the pages are', async () => {
    const failures = await failuresWith(emulator, undefined);
    expect(failures.length).toBeGreaterThan(25);
    for (const { name, body } of failures) {
      for (const each of [body, ...(body.results ?? []).map(({ error }) => error)]) {
        expect({ name, each }).toEqual({
          name,
          each: expect.not.objectContaining({ type: expect.anything() }),
        });
        expect(each.code).toMatch(/^[A-Z_]+$/);
      }
    }
  });
});
