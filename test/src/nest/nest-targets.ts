import 'reflect-metadata';
import type { Server } from 'node:http';
import {
  AnyImgwireFilesInterceptor,
  ImgwireBodyInterceptor,
  ImgwireFileFieldsInterceptor,
  ImgwireFileInterceptor,
  ImgwireHttpException,
  ImgwireModule,
  type ImgwireModuleOptions,
  type RequestImgwire,
} from '@imgwire/nestjs';
import {
  All,
  type ArgumentsHost,
  Body,
  Catch,
  Controller,
  HttpCode,
  type INestApplication,
  Module,
  Post,
  Req,
  UseInterceptors,
} from '@nestjs/common';
import { BaseExceptionFilter, HttpAdapterHost, NestFactory } from '@nestjs/core';
import type { ExpressAdapter } from '@nestjs/platform-express';
import type { FastifyAdapter, NestFastifyApplication } from '@nestjs/platform-fastify';
import { listenNest, NEST_PLATFORMS } from './nest-app.ts';

@Controller()
class UploadController {
  @Post('single')
  @HttpCode(200)
  @UseInterceptors(ImgwireFileInterceptor('avatar'))
  single(@Req() req: { imgwire: RequestImgwire }, @Body() body: unknown): object {
    return describe(req, body);
  }

  @Post('fields')
  @HttpCode(200)
  @UseInterceptors(
    ImgwireFileFieldsInterceptor([
      { name: 'avatar', maxCount: 1 },
      { name: 'photos', maxCount: 3 },
    ]),
  )
  fields(@Req() req: { imgwire: RequestImgwire }, @Body() body: unknown): object {
    return describe(req, body);
  }

  @Post('any')
  @HttpCode(200)
  @UseInterceptors(AnyImgwireFilesInterceptor())
  any(@Req() req: { imgwire: RequestImgwire }, @Body() body: unknown): object {
    return describe(req, body);
  }

  @All('body')
  @HttpCode(200)
  @UseInterceptors(ImgwireBodyInterceptor())
  body(@Req() req: { imgwire: RequestImgwire }, @Body() body: unknown): object {
    return describe(req, body);
  }
}

function describe({ imgwire: { files, rejected } }: { imgwire: RequestImgwire }, body: unknown): object {
  return {
    images: files.map((file) => file.image),
    body,
    files: files.map(({ image: _, discard: __, ...file }) => file),
    ...(rejected.length > 0 && { rejected }),
  };
}

/** Nest's own exception filter, which also records the error. */
@Catch()
class RecordingFilter extends BaseExceptionFilter {
  readonly #errors: unknown[];

  constructor(host: HttpAdapterHost, errors: unknown[]) {
    super(host.httpAdapter);
    this.#errors = errors;
  }

  override catch(error: unknown, host: ArgumentsHost): void {
    this.#errors.push(error instanceof ImgwireHttpException ? error.cause : error);
    super.catch(error, host);
  }
}

/** A `Target`, declared here because this file is also compiled alone, in projects with other versions of Nest. */
export interface NestTarget {
  readonly name: string;
  start(options: ImgwireModuleOptions): Promise<{
    readonly url: string;
    readonly server: Server;
    readonly errors: unknown[];
    close(): Promise<void>;
  }>;
}

/** Nest on one of its HTTP platforms. */
export const nestTarget = (name: string, adapter: () => ExpressAdapter | FastifyAdapter): NestTarget => ({
  name: `Nest on ${name}`,
  start: async (options) => {
    @Module({ imports: [ImgwireModule.forRoot(options)], controllers: [UploadController] })
    class AppModule {}

    // The other targets have no body parsers, and Express 4's set a body even on requests that they do not parse.
    const app = await NestFactory.create(AppModule, adapter(), { logger: false, bodyParser: false });
    const errors: unknown[] = [];
    app.useGlobalFilters(new RecordingFilter(app.get(HttpAdapterHost), errors));
    if (name === 'Fastify') leaveTextUnread(app);
    const url = await listenNest(app);
    const server: Server = app.getHttpServer();
    return {
      url,
      server,
      errors,
      close: async () => {
        server.closeAllConnections();
        await app.close();
      },
    };
  },
});

/** Fastify parses text/plain by default; the other targets do not, and the suite compares untouched bodies. */
function leaveTextUnread(app: INestApplication): void {
  const fastify = (app as NestFastifyApplication).getHttpAdapter().getInstance();
  fastify.removeContentTypeParser('text/plain');
  fastify.addContentTypeParser('text/plain', (_request, _payload, done) => done(null));
}

/** Nest's two HTTP adapters, for the suites that every adapter must pass. */
export const NEST_TARGETS: readonly NestTarget[] = NEST_PLATFORMS.map(([name, adapter]) =>
  nestTarget(name, adapter),
);
