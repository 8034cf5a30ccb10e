import {
  createImgwireDirectController,
  createImgwireUploadTokenController,
  type ImgwireEndpointHooks,
  ImgwireModule,
} from '@imgwire/nestjs';
import { Injectable, type Type } from '@nestjs/common';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createNest, listenNest, NEST_PLATFORMS } from './nest-app.ts';

const apiKey = 'sk_test_hooks';
const FACTORIES = [
  ['createImgwireUploadTokenController()', createImgwireUploadTokenController],
  ['createImgwireDirectController()', createImgwireDirectController],
] as const;

@Injectable()
class Methods implements ImgwireEndpointHooks {
  authorize(): boolean {
    return false;
  }
  subject(): string {
    return 'ann';
  }
}

@Injectable()
class Properties implements ImgwireEndpointHooks {
  readonly authorize = (): boolean => false;
  readonly subject = (): string => 'ann';
}

@Injectable()
class WithoutAuthorize implements ImgwireEndpointHooks {
  subject(): string {
    return 'ann';
  }
}

describe.each(FACTORIES)('%s', (caller, create) => {
  const start = async (hooks: Type<ImgwireEndpointHooks>, providers: Type[] = [hooks]): Promise<string> => {
    const [, adapter] = NEST_PLATFORMS[0] as (typeof NEST_PLATFORMS)[0];
    const controllers = [create({ path: 'photos', hooks })];
    const imports = [ImgwireModule.forRoot({ apiKey })];
    const app = await createNest({ imports, controllers, providers }, adapter());
    onTestFinished(() => app.close());
    return listenNest(app);
  };

  it.each([Methods, Properties])('asks authorize of its hooks: %o', async (hooks) => {
    const url = await start(hooks);
    const response = await fetch(`${url}/photos`, { method: 'POST' });
    expect(await response.json()).toMatchObject({ status: 403, code: 'FORBIDDEN' });
  });

  it('does not start with hooks that have no authorize, nor without any', async () => {
    await expect(start(WithoutAuthorize)).rejects.toThrow(/option "authorize" is required/);
    expect(() => create({ path: 'photos' })).toThrow(`${caller}: option "authorize" is required`);
  });

  it('says where its hooks are to be provided', async () => {
    await expect(start(Methods, [])).rejects.toThrow(`${caller}: add Methods to the \`providers\``);
  });
});
