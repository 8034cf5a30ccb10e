import 'reflect-metadata';
import type { Server } from 'node:http';
import {
  AnyImgwireFilesInterceptor,
  type ImgwireImage,
  ImgwireModule,
  type ImgwireModuleOptions,
  UploadedImages,
} from '@imgwire/nestjs';
import { Controller, Module, Post, UseInterceptors } from '@nestjs/common';
import { type AbstractHttpAdapter, NestFactory } from '@nestjs/core';

@Controller('upload')
class UploadController {
  @Post()
  @UseInterceptors(AnyImgwireFilesInterceptor())
  upload(@UploadedImages() images: ImgwireImage[]): ImgwireImage[] {
    return images;
  }
}

export async function startNest(
  adapter: AbstractHttpAdapter,
  options: ImgwireModuleOptions,
): Promise<Server> {
  @Module({ imports: [ImgwireModule.forRoot(options)], controllers: [UploadController] })
  class AppModule {}

  const app = await NestFactory.create(AppModule, adapter, { logger: ['error'] });
  await app.listen(0, '127.0.0.1');
  return app.getHttpServer();
}
