import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Emulator } from '@imgwire/emulator';
import type { ImgwireClient } from '../packages/packed/imgwire-node/index.d.ts';
import { overRest } from './over-rest.ts';
import { sdkShapedClient } from './sdk-shape.ts';
import type { TargetOptions } from './targets.ts';

/** A transport to the service's API. */
export interface Transport {
  readonly transport: string;
  /** The options of a connection over this transport. */
  connect(emulator: Pick<Emulator, 'url' | 'apiKey'>): Pick<TargetOptions, 'apiKey' | 'baseUrl' | 'client'>;
}

/** Our own REST calls: the default. */
const REST: Transport = { transport: 'REST', connect: overRest };

interface Sdk {
  readonly ImgwireClient: typeof ImgwireClient;
}

/** The official SDK is not available everywhere: this names its module. */
const name = process.env['IMGWIRE_NODE_SDK'];

async function load(name: string): Promise<Transport> {
  const specifier = /^[./]/.test(name) ? pathToFileURL(resolve(name)).href : name;
  const sdk = (await import(specifier)) as Partial<Sdk> & { readonly default?: Sdk };
  const Client = sdk.ImgwireClient ?? sdk.default?.ImgwireClient;
  if (!Client) throw new Error(`IMGWIRE_NODE_SDK: ${name} exports no ImgwireClient`);
  return {
    transport: 'the SDK',
    connect: ({ apiKey, url }) => ({ client: new Client({ apiKey, baseUrl: url }) }),
  };
}

/** A `client`: the official SDK's if `IMGWIRE_NODE_SDK` names it, otherwise our stand-in. */
export const SDK: Transport = name
  ? await load(name)
  : { transport: 'the SDK (stand-in)', connect: (emulator) => ({ client: sdkShapedClient(emulator) }) };

/** Every transport; uploads must behave the same over each. */
export const TRANSPORTS: readonly Transport[] = [REST, SDK];

/** Every target over REST, and the last one over the SDK, since a transport does not depend on the adapter. */
export const throughTransports = <T extends { readonly name: string }>(
  targets: readonly T[],
): readonly (Transport & { readonly target: T; readonly name: string })[] =>
  [
    ...targets.map((target) => ({ target, ...REST })),
    ...targets.slice(-1).map((target) => ({ target, ...SDK })),
  ].map((each) => ({ ...each, name: each.target.name }));
