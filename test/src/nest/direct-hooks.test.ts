import { type Emulator, startEmulator } from '@imgwire/emulator';
import { createImgwireDirectController, ImgwireModule } from '@imgwire/nestjs';
import { type CanActivate, type ExecutionContext, Inject, Injectable, type Type } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Begun, declare, postJson, put } from '../support/direct-client.ts';
import { makeImage } from '../support/images.ts';
import { overRest } from '../support/over-rest.ts';
import { createNest, listenNest, NEST_PLATFORMS } from './nest-app.ts';

const png = await makeImage('image/png', { width: 8, height: 8 });

interface Request {
  readonly headers: Readonly<Record<string, string | undefined>>;
  user?: string;
}

@Injectable()
class Photos {
  readonly rows: string[] = [];
}

@Injectable()
class PhotoHooks {
  constructor(@Inject(Photos) private readonly photos: Photos) {}

  subject({ user }: Request): string {
    return String(user);
  }

  onStored({ id }: { readonly id: string }, { user }: Request, { fileName }: { readonly fileName: string }) {
    this.photos.rows.push(id);
    return { by: user, fileName };
  }
}

@Injectable()
class SessionGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<Request>();
    request.user = request.headers['x-user'] ?? '';
    return request.user !== '';
  }
}

describe.each(NEST_PLATFORMS)('direct uploads in Nest on %s', (_, adapter) => {
  let emulator: Emulator;
  beforeEach(async () => {
    emulator = await startEmulator();
  });
  afterEach(() => emulator.close());

  const create = (providers: readonly Type<object>[]) =>
    createNest(
      {
        imports: [ImgwireModule.forRoot(overRest(emulator))],
        controllers: [
          createImgwireDirectController({
            path: 'photos',
            guards: [SessionGuard],
            hooks: PhotoHooks,
          }),
        ],
        providers: [...providers],
      },
      adapter(),
    );

  it('call the methods of an injected provider, behind the guards', async () => {
    const app = await create([Photos, PhotoHooks]);
    const url = `${await listenNest(app)}/photos`;
    expect((await postJson(url, { files: [declare(png)] })).status).toBe(403);
    const alice = { 'x-user': 'alice' };
    const { uploads } = await postJson(url, { files: [declare(png)] }, alice);
    const [begun] = uploads as [Begun];
    await put(begun, png);
    expect(await postJson(url, { completed: [begun.ticket] }, { 'x-user': 'bob' })).toMatchObject({
      status: 403,
    });
    expect((await postJson(url, { completed: [begun.ticket] }, alice)).results[0]?.data).toEqual({
      by: 'alice',
      fileName: 'photo.png',
    });
    expect(app.get(Photos).rows).toEqual([begun.imageId]);
    await app.close();
  });

  it('do not start without the provider, and say where it belongs', async () => {
    await expect(create([])).rejects.toThrow(
      'createImgwireDirectController(): add PhotoHooks to the `providers` of the module of this controller.',
    );
  });
});
