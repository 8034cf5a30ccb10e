import {
  ImgwireFileFieldsInterceptor,
  ImgwireFileInterceptor,
  ImgwireModule,
  imgwireApiBody,
} from '@imgwire/nestjs';
import { Controller, type INestApplication, Post, UseInterceptors } from '@nestjs/common';
import { ApiBody, ApiConsumes, DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { afterEach, describe, expect, it } from 'vitest';
import { createNest, NEST_PLATFORMS } from './nest-app.ts';

const FIELDS = [
  { name: 'cover', maxCount: 1, required: true },
  { name: 'photos', maxCount: 3 },
];

@Controller()
class GalleryController {
  @Post('avatar')
  @ApiConsumes('multipart/form-data')
  @ApiBody(imgwireApiBody('avatar', { title: { type: 'string' } }))
  @UseInterceptors(ImgwireFileInterceptor('avatar'))
  avatar(): void {
    // Only described, never called.
  }

  @Post('album')
  @ApiConsumes('multipart/form-data')
  @ApiBody(imgwireApiBody(FIELDS))
  @UseInterceptors(ImgwireFileFieldsInterceptor(FIELDS))
  album(): void {
    // Only described, never called.
  }
}

describe.each(NEST_PLATFORMS)('the OpenAPI document of Nest on %s', (_name, adapter) => {
  let app: INestApplication;
  afterEach(() => app.close());

  it('describes the files of a form so that Swagger UI shows a file picker', async () => {
    app = await createNest(
      { imports: [ImgwireModule.forRoot({ apiKey: 'sk_x' })], controllers: [GalleryController] },
      adapter(),
    );
    const document: OpenAPIObject = SwaggerModule.createDocument(app, new DocumentBuilder().build());
    const file = { type: 'string', format: 'binary' };
    expect(document.paths['/avatar']?.post?.requestBody).toEqual({
      required: true,
      content: {
        'multipart/form-data': {
          schema: { type: 'object', properties: { title: { type: 'string' }, avatar: file } },
        },
      },
    });
    expect(document.paths['/album']?.post?.requestBody).toEqual({
      required: true,
      content: {
        'multipart/form-data': {
          schema: {
            type: 'object',
            properties: { cover: file, photos: { type: 'array', items: file, maxItems: 3 } },
            required: ['cover'],
          },
        },
      },
    });
  });
});
