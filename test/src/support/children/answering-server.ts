// Every handler behind an `authorize` or a timer that responds itself, in its own process, so that a crash can be observed.
// The connection options are passed as JSON; the first line of output has the URLs, by adapter.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import {
  createImgwire,
  type Imgwire,
  imgwireErrorHandler,
  imgwireUpload,
  imgwireUploadToken,
  imgwireUploadViaUrl,
} from '@imgwire/express';
import {
  createImgwireUploadTokenController,
  ImgwireExceptionFilter,
  ImgwireFileInterceptor,
  ImgwireModule,
  ImgwireService,
} from '@imgwire/nestjs';
import {
  type ArgumentsHost,
  Catch,
  Controller,
  type ExceptionFilter,
  Inject,
  Post,
  Req,
  UseFilters,
  UseInterceptors,
} from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import express5, { type Express } from 'express';
import express4 from 'express4';
import { createNest, listenNest, NEST_PLATFORMS } from '../../nest/nest-app.ts';
import { listen } from '../listen.ts';
import type { Front } from '../token-targets.ts';

type PlatformRequest = IncomingMessage & { readonly raw?: IncomingMessage };

const responses = new WeakMap<IncomingMessage, ServerResponse>();
const responseOf = (req: PlatformRequest): ServerResponse => {
  const res = responses.get(req.raw ?? req);
  if (!res) throw new Error('no response');
  return res;
};

const front: Front = (req, res, next) => {
  responses.set(req, res);
  if (req.url?.endsWith('timer')) setTimeout(() => res.writeHead(503).end('first'), 20);
  next();
};

/** The end of the path selects who responds. */
const AUTHORIZE: Readonly<Record<string, (res: ServerResponse) => Promise<boolean>>> = {
  /** A common mistake: `res.sendStatus(401)`, then false. */
  self: async (res) => {
    res.writeHead(401).end('first');
    return false;
  },
  /** The outer timer responds before `authorize` resolves. */
  timer: async (res) => {
    await once(res, 'close');
    return true;
  },
  /** Starts a response, and ends it later. */
  begun: async (res) => {
    res.writeHead(401).write('fi');
    setTimeout(() => res.end('rst'), 50);
    return false;
  },
};

const authorize = async (req: PlatformRequest): Promise<boolean> => {
  const kind = String((req.raw ?? req).url?.split('/').at(-1));
  return (await AUTHORIZE[kind]?.(responseOf(req))) ?? true;
};

async function startExpress(app: Express, imgwire: Imgwire): Promise<string> {
  const handler = async (_req: unknown, res: { json(body: object): unknown }): Promise<void> => {
    res.json({ second: true });
  };
  app.use(front);
  app.all('/token/:who', imgwireUploadToken({ imgwire, authorize }));
  app.post('/upload/:who', imgwireUpload({ imgwire, authorize }).single('avatar'), handler);
  app.post(
    '/import/:who',
    imgwireUploadViaUrl({ imgwire, allowedHosts: ['a.example.com'], authorize }),
    handler,
  );
  app.use(imgwireErrorHandler());
  return listen(createServer(app));
}

@Controller()
class UploadController {
  constructor(@Inject(ImgwireService) private readonly imgwire: ImgwireService) {}

  @Post('upload/:who')
  @UseInterceptors(ImgwireFileInterceptor('avatar', { authorize }))
  upload(): object {
    return { second: true };
  }

  @Post('call/:who')
  @UseFilters(ImgwireExceptionFilter)
  async call(@Req() req: PlatformRequest): Promise<void> {
    await authorize(req);
    await this.imgwire.retrieve('00000000-0000-0000-0000-000000000000');
  }
}

/** Like the filter in Nest's documentation: it responds even if a response has been sent. */
@Catch()
class AnsweringFilter implements ExceptionFilter {
  catch(error: unknown, host: ArgumentsHost): void {
    host
      .switchToHttp()
      .getResponse()
      .status(500)
      .send({ second: String(error) });
  }
}

const connection = JSON.parse(process.argv[2] ?? '{}');
const addresses: Record<string, string> = {
  'Express 4': await startExpress(express4(), createImgwire(connection)),
  'Express 5': await startExpress(express5(), createImgwire(connection)),
};
for (const [platform, adapter] of NEST_PLATFORMS) {
  const controllers = [
    UploadController,
    createImgwireUploadTokenController({ path: 'token/:who', authorize }),
  ];
  const providers = [{ provide: APP_FILTER, useClass: AnsweringFilter }];
  const app = await createNest(
    { imports: [ImgwireModule.forRoot(connection)], controllers, providers },
    adapter(),
  );
  app.use(front);
  addresses[`Nest on ${platform}`] = await listenNest(app);
}
process.stdout.write(`${JSON.stringify(addresses)}\n`);
