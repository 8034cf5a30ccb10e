import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ImgwireClientLike } from '@imgwire/express';
import { expect, it } from 'vitest';
import { TARGETS } from './targets.ts';
import { uploadSuite } from './upload-suite.ts';

interface Sdk {
  ImgwireClient: new (options: { apiKey: string; baseUrl: string }) => ImgwireClientLike;
}

/** The official SDK cannot be had everywhere: whoever has it names the module. */
const name = process.env['IMGWIRE_NODE_SDK'];

if (name) {
  const specifier = /^[./]/.test(name) ? pathToFileURL(resolve(name)).href : name;
  const sdk = (await import(specifier)) as Partial<Sdk> & { default?: Sdk };
  const ImgwireClient = sdk.ImgwireClient ?? sdk.default?.ImgwireClient;
  if (!ImgwireClient) throw new Error(`IMGWIRE_NODE_SDK: ${name} exports no ImgwireClient`);
  for (const target of TARGETS.slice(-1)) {
    uploadSuite(`${target.name}, over the official SDK`, target, ({ apiKey, url }) => ({
      client: new ImgwireClient({ apiKey, baseUrl: url }),
    }));
  }
} else {
  it('was skipped over the official SDK: IMGWIRE_NODE_SDK names no module', () => {
    console.info('The suite over the official SDK was skipped: IMGWIRE_NODE_SDK names no module.');
    expect(name).toBeFalsy();
  });
}
