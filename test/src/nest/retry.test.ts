import { type Emulator, startEmulator } from '@imgwire/emulator';
import { ImgwireBodyInterceptor, ImgwireFileInterceptor, ImgwireModule } from '@imgwire/nestjs';
import {
  type CallHandler,
  ConflictException,
  Controller,
  type ExecutionContext,
  type INestApplication,
  type NestInterceptor,
  Post,
  Put,
  UseInterceptors,
} from '@nestjs/common';
import { type Observable, retry } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { postBody, postForm } from '../support/client.ts';
import { image } from '../support/images.ts';
import { overRest } from '../support/upload-suite.ts';
import { createNest, listenNest, NEST_PLATFORMS } from './nest-app.ts';

const png = await image('image/png');
const jpeg = await image('image/jpeg');
const formOf = (bytes: Buffer) => [{ name: 'avatar', fileName: 'a.png', bytes }];

class RetryInterceptor implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(retry(2));
  }
}

let handled = 0;
let failures = 0;
const accept = ['image/png'] as const;

@Controller()
@UseInterceptors(RetryInterceptor)
class AvatarController {
  @Post('avatar')
  @UseInterceptors(ImgwireFileInterceptor('avatar', { accept }))
  save(): { handled: number } {
    return this.#run();
  }

  @Post('discarded')
  @UseInterceptors(ImgwireFileInterceptor('avatar', { accept, discardOnError: true }))
  saveOrDiscard(): { handled: number } {
    return this.#run();
  }

  @Put('body')
  @UseInterceptors(ImgwireBodyInterceptor({ accept }))
  saveBody(): { handled: number } {
    return this.#run();
  }

  #run(): { handled: number } {
    handled++;
    if (handled <= failures) throw new ConflictException(`attempt ${handled}`);
    return { handled };
  }
}

describe.each(NEST_PLATFORMS)('retry() of RxJS around an upload, on %s', (_name, adapter) => {
  let emulator: Emulator;
  let app: INestApplication;
  let url: string;
  beforeEach(async () => {
    handled = failures = 0;
    emulator = await startEmulator();
    const imports = [ImgwireModule.forRoot(overRest(emulator))];
    app = await createNest({ imports, controllers: [AvatarController] }, adapter());
    url = await listenNest(app);
  });
  afterEach(async () => {
    await app.close();
    await emulator.close();
  });
  const stored = (): number => emulator.images.list().length;

  it('leaves a rejected form its own error', async () => {
    const answer = await postForm(`${url}/avatar`, formOf(jpeg));
    expect(answer).toMatchObject({ status: 415, json: { code: 'UNSUPPORTED_IMAGE_TYPE' } });
    expect(answer.headers['content-type']).toMatch('application/problem+json');
    expect([handled, stored()]).toEqual([0, 0]);
  });

  it('leaves a rejected body its own error', async () => {
    const answer = await postBody(`${url}/body`, jpeg, {
      method: 'PUT',
      headers: { 'content-type': 'image/png' },
    });
    expect(answer).toMatchObject({ status: 415, json: { code: 'UNSUPPORTED_IMAGE_TYPE' } });
    expect([handled, stored()]).toEqual([0, 0]);
  });

  it('runs the handler again with the images that are stored', async () => {
    failures = 2;
    const answer = await postForm(`${url}/avatar`, formOf(png));
    expect(answer).toMatchObject({ status: 201, json: { handled: 3 } });
    expect(stored()).toBe(1);
  });

  it('runs no handler again whose images are discarded, and sends its error', async () => {
    failures = 1;
    const answer = await postForm(`${url}/discarded`, formOf(png));
    expect(answer).toMatchObject({ status: 409, json: { message: 'attempt 1' } });
    expect([handled, stored()]).toEqual([1, 0]);
  });
});
