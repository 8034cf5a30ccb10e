import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import {
  IMPORT_QUEUE,
  importQueue,
  ROLLBACK_QUEUE,
  type RollbackQueue,
  rollbackQueue,
} from '@imgwire/bullmq';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { ImgwireModule, ImgwireService } from '@imgwire/nestjs';
import { BullModule } from '@nestjs/bullmq';
import { type INestApplicationContext, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { image } from '../support/images.ts';
import { listen } from '../support/listen.ts';
import { describeWithRedis, type RedisServer, startRedis } from '../support/redis.ts';
import { ImportProcessor, ROLLBACKS, RollbackProcessor } from './processors.ts';

describeWithRedis('the processors of Nest', () => {
  let redis: RedisServer;
  let emulator: Emulator;
  let source: Server;
  let address: string;
  let undo: RollbackQueue;
  let app: INestApplicationContext;

  beforeEach(async () => {
    redis = await startRedis();
    emulator = await startEmulator();
    const jpeg = await image('image/jpeg');
    source = createServer((_req, res) => res.end(jpeg));
    address = await listen(source);
    const { connection } = redis;
    undo = rollbackQueue({ connection });

    @Module({
      imports: [
        BullModule.forRoot({ connection }),
        BullModule.registerQueue({ name: IMPORT_QUEUE }, { name: ROLLBACK_QUEUE }),
        ImgwireModule.forRoot({
          ...{ apiKey: emulator.apiKey, baseUrl: emulator.url, maxAttempts: 1 },
          onRollbackFailed: undo.onRollbackFailed,
          beforeCreate: undo.beforeCreate,
        }),
      ],
      providers: [ImportProcessor, RollbackProcessor, { provide: ROLLBACKS, useValue: undo }],
    })
    class AppModule {}

    app = await NestFactory.createApplicationContext(AppModule, { logger: ['error'] });
  });
  afterEach(async () => {
    await app.close();
    await undo.close();
    source.close();
    await emulator.close();
    await redis.close();
  });

  it('import, and say why they could not', async () => {
    const imports = importQueue({ connection: redis.connection });
    emulator.faults.add({ route: 'upload_via_url', status: 500 });
    await imports.add([
      { url: `${address}/a.jpg` },
      { url: `${address}/b.jpg` },
      { url: 'ftp://c.example.com' },
    ]);
    await expect.poll(() => imports.progress()).toEqual({ completed: 2, failed: 1, remaining: 0 });
    const [failed] = await imports.queue.getFailed();
    expect(failed?.failedReason).toMatch(/^UPSTREAM_REJECTED 422/);
    expect(emulator.images.list()).toHaveLength(2);
    await imports.close();
  });

  it('delete what could not be deleted', async () => {
    emulator.faults.add({ route: 'put', status: 400 });
    emulator.faults.add({ route: 'delete', status: 500 });
    const file = await image('image/png');
    await expect(app.get(ImgwireService).upload({ file })).rejects.toThrow();
    await expect.poll(() => emulator.images.list()).toEqual([]);
    expect(emulator.requests.filter(({ route }) => route === 'delete')).toHaveLength(2);
  });

  it('take a record that is not there any more as deleted', async () => {
    await undo.onRollbackFailed({ imageId: randomUUID(), error: undefined });
    const undos = async (): Promise<number> =>
      (await undo.queue.getJobs(['waiting', 'active', 'delayed', 'failed'])).filter(
        ({ name }) => name === 'undo',
      ).length;
    await expect.poll(undos).toBe(0);
  });
});
