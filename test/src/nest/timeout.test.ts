import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Agent } from 'node:http';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { ImgwireFileInterceptor, ImgwireModule } from '@imgwire/nestjs';
import {
  type CallHandler,
  Controller,
  type ExecutionContext,
  type INestApplication,
  type NestInterceptor,
  Post,
  RequestTimeoutException,
  UseInterceptors,
} from '@nestjs/common';
import { catchError, type Observable, TimeoutError, throwError, timeout } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeForm, openPost } from '../support/client.ts';
import { imageOfSize } from '../support/images.ts';
import { overRest } from '../support/upload-suite.ts';
import { createNest, listenNest, NEST_PLATFORMS } from './nest-app.ts';

const bytes = await imageOfSize('image/jpeg', 1024 * 1024);
const form = encodeForm([{ name: 'avatar', fileName: 'a.jpg', bytes }]);

/** From Nest's documentation: https://docs.nestjs.com/interceptors#more-operators. */
class TimeoutInterceptor implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(
      timeout(200),
      catchError((error: unknown) =>
        throwError(() => (error instanceof TimeoutError ? new RequestTimeoutException() : error)),
      ),
    );
  }
}

let handled = 0;

@Controller()
class AvatarController {
  @Post('avatar')
  @UseInterceptors(TimeoutInterceptor, ImgwireFileInterceptor('avatar'))
  save(): void {
    handled++;
  }
}

describe.each(NEST_PLATFORMS)("Nest's timeout in front of an upload, on %s", (_name, adapter) => {
  let emulator: Emulator;
  let app: INestApplication;
  let url: string;
  let agent: Agent;
  const failures: unknown[] = [];
  const onFailure = (message: unknown): void => void failures.push((message as { error: unknown }).error);
  beforeEach(async () => {
    handled = failures.length = 0;
    subscribe('imgwire:request:failed', onFailure);
    emulator = await startEmulator();
    const imports = [ImgwireModule.forRoot(overRest(emulator))];
    app = await createNest({ imports, controllers: [AvatarController] }, adapter());
    url = await listenNest(app);
    // The connection outlives the response: a disconnect would abort the upload by itself.
    agent = new Agent({ keepAlive: true });
  });
  afterEach(async () => {
    unsubscribe('imgwire:request:failed', onFailure);
    agent.destroy();
    await app.close();
    await emulator.close();
  });
  const expectUndone = async (): Promise<void> => {
    await expect.poll(() => failures).toMatchObject([{ code: 'RESPONSE_ENDED' }]);
    expect(emulator.images.list()).toEqual([]);
    expect(handled).toBe(0);
  };

  it('ends the upload of a client that is slower, and undoes it', async () => {
    const post = openPost(`${url}/avatar`, form.length, { agent });
    await post.write(form.subarray(0, 700_000));
    expect((await post.answer).json).toMatchObject({ statusCode: 408, message: 'Request Timeout' });
    post.request.end(form.subarray(700_000));
    await expectUndone();
  });

  it('ends the upload that Imgwire is slow to answer, and undoes it', async () => {
    emulator.faults.add({ route: 'put', delayMs: 600 });
    const post = openPost(`${url}/avatar`, form.length, { agent });
    post.request.end(form);
    expect((await post.answer).status).toBe(408);
    await expectUndone();
  });
});
