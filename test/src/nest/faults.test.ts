import { once } from 'node:events';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import {
  createImgwireUploadTokenController,
  type Imgwire,
  ImgwireExceptionFilter,
  ImgwireFileInterceptor,
  type ImgwireImage,
  ImgwireModule,
  type ImgwireModuleOptions,
  ImgwireService,
  InjectImgwire,
  UploadedImage,
} from '@imgwire/nestjs';
import {
  ConsoleLogger,
  Controller,
  Get,
  type INestApplication,
  Inject,
  type LoggerService,
  Module,
  Post,
  UseFilters,
  UseInterceptors,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ClientProxyFactory, MessagePattern, Transport } from '@nestjs/microservices';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { raw } from 'express';
import { firstValueFrom } from 'rxjs';
import { io } from 'socket.io-client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Part, postForm } from '../support/client.ts';
import { freePort } from '../support/free-port.ts';
import { image } from '../support/images.ts';
import { TRANSPORTS } from '../support/transports.ts';
import { listenNest, NEST_PLATFORMS } from './nest-app.ts';

// What only the operator or the developer can mend is in the application's log, once; what a client does wrong is not.

const bytes = await image('image/png');
const form: Part[] = [{ name: 'avatar', fileName: 'a.png', bytes }];
const noImage: Part[] = [{ name: 'avatar', fileName: 'a.txt', bytes: Buffer.from('no image') }];

@Controller()
class AvatarController {
  @Post('route')
  @UseInterceptors(ImgwireFileInterceptor('avatar'))
  route(@UploadedImage() avatar: ImgwireImage): object {
    return { id: avatar.id };
  }

  @Post('behind-the-filter')
  @UseFilters(ImgwireExceptionFilter)
  @UseInterceptors(ImgwireFileInterceptor('avatar'))
  behindTheFilter(@UploadedImage() avatar: ImgwireImage): object {
    return { id: avatar.id };
  }

  @Post('both')
  @UseFilters(ImgwireExceptionFilter)
  @UseInterceptors(ImgwireFileInterceptor('other'))
  async both(): Promise<object> {
    return await this.service.list();
  }

  @Post('refused')
  @UseInterceptors(ImgwireFileInterceptor('avatar', { authorize: (async () => ({ user: 'ann' })) as never }))
  refused(): object {
    return {};
  }

  @Get('service')
  async list(): Promise<object> {
    return await this.service.list();
  }

  @Get('caught')
  async caught(): Promise<object> {
    return await this.service.list().catch(() => ({ data: [] }));
  }

  @Get('connection')
  @UseFilters(ImgwireExceptionFilter)
  async connection(): Promise<object> {
    return await this.imgwire.list();
  }

  @MessagePattern('list')
  @UseFilters(ImgwireExceptionFilter)
  async message(): Promise<object> {
    return await this.imgwire.list();
  }

  constructor(
    @Inject(ImgwireService) private readonly service: ImgwireService,
    @InjectImgwire() private readonly imgwire: Imgwire,
  ) {}
}

@WebSocketGateway()
@UseFilters(ImgwireExceptionFilter)
class AvatarGateway {
  constructor(@InjectImgwire() private readonly imgwire: Imgwire) {}

  @SubscribeMessage('avatar')
  async avatar(@MessageBody() file: Buffer): Promise<string> {
    return (await this.imgwire.upload({ file, fileName: 'a.png' })).id;
  }
}

/** A logger for Nest that keeps each error with its stack. */
function keeping(): { readonly lines: string[]; readonly logger: LoggerService } {
  const lines: string[] = [];
  const ignore = (): void => undefined;
  const error = (...line: unknown[]): void => void lines.push(line.join('\n'));
  return { lines, logger: { log: ignore, warn: ignore, error } };
}

const WRONG_KEY = 'sk_of_another_environment';

describe.each(NEST_PLATFORMS)("Nest's log on %s", (name, adapter) => {
  let emulator: Emulator;
  let app: INestApplication;
  let lines: string[];
  beforeEach(async () => {
    emulator = await startEmulator();
  });
  afterEach(async () => {
    await app.close();
    await emulator.close();
  });

  const start = async (
    options: ImgwireModuleOptions,
    logger = keeping(),
    prepare: (created: INestApplication) => void = () => undefined,
  ): Promise<string> => {
    @Module({
      imports: [ImgwireModule.forRoot({ maxAttempts: 1, ...options })],
      controllers: [
        AvatarController,
        createImgwireUploadTokenController({ path: 'token', authorize: () => true }),
      ],
      providers: [AvatarGateway],
    })
    class AppModule {}
    lines = logger.lines;
    app = await NestFactory.create(AppModule, adapter(), { logger: logger.logger, abortOnError: false });
    prepare(app);
    return listenNest(app);
  };
  const post = async (path: string, parts: Part[] = form): Promise<number> =>
    (await postForm(`${await app.getUrl()}${path}`, parts)).status;
  const get = async (path: string): Promise<number> => (await fetch(`${await app.getUrl()}${path}`)).status;

  it.each(TRANSPORTS)(
    'has a wrong key once, with its cause, wherever it is met, over $transport',
    async (over) => {
      await start(over.connect({ url: emulator.url, apiKey: WRONG_KEY }));
      const requests = [
        () => post('/route'),
        () => post('/behind-the-filter'),
        () => get('/service'),
        () => post('/both', []),
        () => get('/connection'),
        () => post('/token'),
      ];
      for (const request of requests) {
        lines.length = 0;
        expect(await request()).toBe(502);
        expect(lines).toEqual([
          expect.stringMatching(/^The image service rejected.+\n {4}at .+Caused by: .+401.+\nImgwire$/s),
        ]);
        // The official SDK's error holds the whole request.
        expect(lines.join()).not.toContain(WRONG_KEY);
      }
    },
  );

  it('has a service that does not run, without a word about the key', async () => {
    await start({ apiKey: 'sk_local', baseUrl: `http://127.0.0.1:${await freePort()}` });
    for (const request of [() => post('/route'), () => get('/service'), () => post('/token')]) {
      lines.length = 0;
      expect(await request()).toBe(503);
      expect(lines).toEqual([expect.stringContaining('ECONNREFUSED')]);
      expect(lines.join()).not.toContain('sk_local');
    }
  });

  it('has an authorize that answered with an object, and not with what', async () => {
    await start({ apiKey: emulator.apiKey, baseUrl: emulator.url });
    expect(await post('/refused')).toBe(403);
    expect(lines).toEqual([expect.stringMatching(/Caused by: TypeError: .*authorize returned an object/)]);
    expect(lines.join()).not.toContain('ann');
  });

  it('has a body that something in front has read', async () => {
    await start({ apiKey: emulator.apiKey, baseUrl: emulator.url }, keeping(), (created) => {
      if (name === 'Express') created.use(raw({ type: () => true }));
      else
        (created as NestFastifyApplication)
          .getHttpAdapter()
          .getInstance()
          .addContentTypeParser('multipart/form-data', { parseAs: 'buffer' }, (_request, body, done) =>
            done(null, body),
          );
    });
    expect(await post('/route')).toBe(500);
    expect(lines).toEqual([expect.stringMatching(/^The request body was read before/)]);
  });

  it('has nothing of a failure that the application has dealt with', async () => {
    await start({ apiKey: WRONG_KEY, baseUrl: emulator.url });
    expect(await get('/caught')).toBe(200);
    expect(lines).toEqual([]);
  });

  it('has nothing of what a client does wrong', async () => {
    await start({ apiKey: emulator.apiKey, baseUrl: emulator.url, limits: { fields: 1 } });
    expect(await post('/route', noImage)).toBe(415);
    expect(await post('/behind-the-filter', [...form, ...form])).toBe(400);
    expect(await get('/token')).toBe(405);
    expect(lines).toEqual([]);
  });

  it('has nothing where the module has a logger, which hears it once', async () => {
    const heard: unknown[][] = [];
    const logger = { error: (...line: unknown[]): void => void heard.push(line) };
    await start({ apiKey: WRONG_KEY, baseUrl: emulator.url, logger });
    for (const request of [() => post('/behind-the-filter'), () => get('/service'), () => post('/token')]) {
      heard.length = 0;
      expect(await request()).toBe(502);
      expect(heard).toEqual([
        [
          expect.objectContaining({ err: expect.objectContaining({ code: 'UPSTREAM_REJECTED' }) }),
          expect.any(String),
        ],
      ]);
      expect(lines).toEqual([]);
    }
  });

  it('has the faults of microservices and gateways behind the filter, whose callers get a `message`', async () => {
    await start({ apiKey: WRONG_KEY, baseUrl: emulator.url });
    const tcp = {
      transport: Transport.TCP,
      options: { host: '127.0.0.1', port: Number(await freePort()) },
    } as const;
    app.connectMicroservice(tcp);
    await app.startAllMicroservices();
    const client = ClientProxyFactory.create(tcp);
    lines.length = 0;
    const refused: unknown = await firstValueFrom(client.send('list', {})).catch((error: unknown) => error);
    await client.close();
    expect(refused).toMatchObject({
      code: 'UPSTREAM_REJECTED',
      message: expect.stringContaining('rejected'),
    });
    expect(lines).toEqual([expect.stringMatching('401')]);

    if (name === 'Fastify') return;
    const socket = io(await app.getUrl(), { transports: ['websocket'] });
    lines.length = 0;
    const exception = once(socket as never, 'exception');
    socket.emit('avatar', bytes);
    expect(await exception).toMatchObject([{ code: 'UPSTREAM_REJECTED', message: expect.any(String) }]);
    socket.close();
    expect(lines).toEqual([expect.stringMatching('401')]);
  });
});

describe("Nest's own ConsoleLogger", () => {
  it.each([
    ['text', new ConsoleLogger({ colors: false, logLevels: ['error'] })],
    ['json', new ConsoleLogger({ json: true, colors: false, logLevels: ['error'] })],
  ])('prints the causes of a failure, as %s', async (_format, logger) => {
    const emulator = await startEmulator();
    const written = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    @Module({
      imports: [ImgwireModule.forRoot({ apiKey: WRONG_KEY, baseUrl: emulator.url })],
      controllers: [AvatarController],
    })
    class AppModule {}
    const app = await NestFactory.create(AppModule, { logger, abortOnError: false });
    const answer = await fetch(`${await listenNest(app)}/service`);
    const printed = written.mock.calls.map(([text]) => String(text)).join('');
    written.mockRestore();
    await app.close();
    await emulator.close();
    expect(answer.status).toBe(502);
    expect(printed).toMatch(/Imgwire.*The image service rejected/);
    expect(printed).toMatch(/Caused by: .*401/);
    expect(printed).not.toContain(WRONG_KEY);
  });
});
