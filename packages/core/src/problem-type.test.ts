import { afterEach, describe, expect, it, vi } from 'vitest';

let count = 0;
/** The file as in a process of its own: it reads the environment once. */
async function freshly(): Promise<typeof import('./problem-type.ts')> {
  count += 1;
  const path = `./problem-type.ts?${count}`;
  return import(/* @vite-ignore */ path);
}

afterEach(() => {
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
});

describe('the address of the page about a code', () => {
  it.each([
    ['https://pages.example', 'https://pages.example/errors/FORBIDDEN'],
    ['http://localhost:4173/docs//', 'http://localhost:4173/docs/errors/FORBIDDEN'],
    ['HTTPS://pages.example', 'https://pages.example/errors/FORBIDDEN'],
    ['https://pages.example /', undefined],
    ['https:///', undefined],
    ['https://pages.example:99999', undefined],
    ['https://user:password@pages.example', undefined],
    ['https://token@pages.example', undefined],
    ['', undefined],
    [undefined, undefined],
    ['pages.example', undefined],
    ['ftp://pages.example', undefined],
    ['https://pages.example/?page=', undefined],
    ['https://pages.example/#', undefined],
  ])('with IMGWIRE_DOCS=%s is %s', async (address, type) => {
    vi.stubEnv('IMGWIRE_DOCS', address);
    expect((await freshly()).problemType('FORBIDDEN')).toBe(type);
  });

  it('is that of the first failure, whatever the environment says later', async () => {
    vi.stubEnv('IMGWIRE_DOCS', 'https://pages.example');
    const { problemType } = await freshly();
    vi.stubEnv('IMGWIRE_DOCS', 'https://first.example');
    expect(problemType('FORBIDDEN')).toBe('https://first.example/errors/FORBIDDEN');
    vi.stubEnv('IMGWIRE_DOCS', 'https://second.example');
    expect(problemType('FORBIDDEN')).toBe('https://first.example/errors/FORBIDDEN');
  });

  it('is unknown where there is no process, and where the environment may not be read', async () => {
    const { problemType } = await freshly();
    vi.stubGlobal('process', undefined);
    expect(problemType('FORBIDDEN')).toBeUndefined();
    const guarded = await freshly();
    const env = new Proxy({}, { get: () => expect.unreachable() });
    vi.stubGlobal('process', { env });
    expect(guarded.problemType('FORBIDDEN')).toBeUndefined();
    expect(guarded.wrongDocsAddress()).toBeUndefined();
  });
});

describe('a wrong IMGWIRE_DOCS', () => {
  it('is named, and one that is right, empty or absent is not', async () => {
    const { wrongDocsAddress } = await freshly();
    vi.stubEnv('IMGWIRE_DOCS', 'pages.example');
    expect(wrongDocsAddress()).toMatch(/^IMGWIRE_DOCS is not used: /);
    for (const right of ['https://pages.example/', '', undefined]) {
      vi.stubEnv('IMGWIRE_DOCS', right);
      expect(wrongDocsAddress()).toBeUndefined();
    }
  });

  it('is logged when an instance is created, which works', async () => {
    const { createImgwire } = await import('./create-imgwire.ts');
    vi.stubEnv('IMGWIRE_DOCS', 'pages.example');
    const warn = vi.fn();
    const imgwire = createImgwire({ apiKey: 'sk_a', logger: { warn } });
    expect(warn).toHaveBeenCalledExactlyOnceWith({}, expect.stringContaining('IMGWIRE_DOCS'));
    await imgwire.close();
  });
});
