import { type Emulator, startEmulator } from '@imgwire/emulator';
import {
  ImgwireHealthIndicator,
  ImgwireModule,
  type ImgwireModuleOptions,
  ImgwireService,
} from '@imgwire/nestjs';
import { Controller, Get, type INestApplication, Inject } from '@nestjs/common';
import * as terminus12 from '@nestjs/terminus';
import * as terminus11 from 'terminus11';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { imageOfSize } from '../support/images.ts';
import { createNest, listenNest, NEST_PLATFORMS } from './nest-app.ts';

const TERMINUSES = [
  ['12', terminus12],
  ['11', terminus11 as unknown as typeof terminus12],
] as const;
const CASES = TERMINUSES.flatMap(([version, terminus]) =>
  NEST_PLATFORMS.map(([platform, adapter]) => ({ version, terminus, platform, adapter })),
);

describe.each(CASES)(
  'with Terminus $version on $platform, ImgwireHealthIndicator',
  ({ terminus, adapter }) => {
    let emulator: Emulator;
    let app: INestApplication;
    beforeEach(async () => {
      emulator = await startEmulator();
    });
    afterEach(async () => {
      await app.close();
      await emulator.close();
    });
    const ask = async (options: ImgwireModuleOptions = {}): Promise<{ status: number; json: object }> => {
      @Controller('health')
      class HealthController {
        constructor(
          @Inject(terminus.HealthCheckService) readonly health: terminus12.HealthCheckService,
          @Inject(ImgwireHealthIndicator) readonly imgwire: ImgwireHealthIndicator,
        ) {}
        @Get()
        check() {
          return this.health.check([() => this.imgwire.isHealthy('imgwire')]);
        }
      }
      const { apiKey, url } = emulator;
      app = await createNest(
        {
          imports: [
            ImgwireModule.forRoot({ apiKey, baseUrl: url, ...options }),
            terminus.TerminusModule.forRoot({ logger: false }),
          ],
          controllers: [HealthController],
        },
        adapter(),
      );
      const base = await listenNest(app);
      await app
        .get(ImgwireService)
        .upload({ file: await imageOfSize('image/png', 5000) })
        .catch(() => undefined);
      const answer = await fetch(`${base}/health`);
      return { status: answer.status, json: (await answer.json()) as object };
    };

    it('says that all is up', async () => {
      const up = { imgwire: { status: 'up', service: 'up', store: 'up', folder: 'up' } };
      expect(await ask()).toEqual({
        status: 200,
        json: { status: 'ok', info: up, error: {}, details: up },
      });
    });

    it('says what is down by its code, and logs why', async () => {
      const lines: unknown[] = [];
      const logger = { error: (context: object) => lines.push(context) };
      const down = { imgwire: { status: 'down', service: 'UPSTREAM_REJECTED', folder: 'up' } };
      expect(await ask({ apiKey: 'sk_of_another_environment', logger })).toEqual({
        status: 503,
        json: { status: 'error', info: {}, error: down, details: down },
      });
      expect(lines).toEqual([{ err: expect.objectContaining({ upstreamStatus: 401 }) }]);
    });
  },
);

it('a module with a name leaves the indicator to be made of its service', async () => {
  const emulator = await startEmulator();
  const { apiKey, url: baseUrl } = emulator;
  const [, adapter] = NEST_PLATFORMS[0] ?? expect.unreachable();
  const app = await createNest(
    { imports: [ImgwireModule.forRoot({ name: 'eu', apiKey, baseUrl })] },
    adapter(),
  );
  await app.init();
  expect(() => app.get(ImgwireHealthIndicator)).toThrow(/ImgwireHealthIndicator/);
  await app.close();
  await emulator.close();
});
