import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { buildClient } from './build-client.ts';

describe('@imgwire/client, built', () => {
  it('has at most 3 KB, minified and gzipped', async () => {
    const bytes = gzipSync(await buildClient(true), { level: 9 }).length;
    expect(bytes).toBeGreaterThan(1000);
    expect(bytes).toBeLessThanOrEqual(3 * 1024);
  });

  it('has at most 200 lines of code', async () => {
    const lines = (await buildClient(false)).split('\n').map((line) => line.trim());
    const code = lines.filter((line) => line && !/^(\/\/|\/?\*)/.test(line));
    expect(code.length).toBeGreaterThan(100);
    expect(code.length).toBeLessThanOrEqual(200);
  });

  it('is one module that imports nothing, and names nothing of Node', async () => {
    const text = await buildClient(false);
    expect(text).toMatch(/^export \{ UploadError, uploadDirect, uploadForm \};$/m);
    expect(text).not.toMatch(/\bimport\b|\brequire\b|\bprocess\b|\bBuffer\b|node:/);
  });
});
