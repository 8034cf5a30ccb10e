import {
  ApiImgwireProblem,
  createImgwireUploadTokenController,
  IMGWIRE_ERROR_CODES,
  ImgwireError,
  ImgwireFileInterceptor,
  ImgwireModule,
  imgwireApiBody,
} from '@imgwire/nestjs';
import { Controller, Get, type INestApplication, Post, type Type, UseInterceptors } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiBody,
  ApiConsumes,
  ApiCreatedResponse,
  ApiProperty,
  DocumentBuilder,
  type OpenAPIObject,
  SwaggerModule,
} from '@nestjs/swagger';
import { afterEach, describe, expect, it } from 'vitest';
import { createNest, NEST_PLATFORMS } from './nest-app.ts';

const FILE = { type: 'string', format: 'binary' };
const PROBLEM = {
  description: expect.stringMatching(/RFC 9457/),
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/ImgwireProblem' } } },
};

class Place {
  @ApiProperty({ type: Number })
  readonly latitude = 0;
}

class PhotoDto {
  @ApiProperty({ type: String, maxLength: 80, description: 'Shown below the photo.' })
  readonly caption = '';
  @ApiProperty({ enum: ['public', 'private'], required: false })
  readonly visibility?: string;
  @ApiProperty({ type: () => Place, required: false })
  readonly place?: Place;
}

const FIELDS = [
  { name: 'cover', maxCount: 1, required: true },
  { name: 'pages[]', maxCount: 3 },
  { name: 'scans' },
];

@ApiImgwireProblem()
@Controller('photos')
class PhotoController {
  @Post()
  @ApiConsumes('multipart/form-data')
  @ApiBody(imgwireApiBody({ name: 'photo', required: true }, PhotoDto))
  @UseInterceptors(ImgwireFileInterceptor('photo', { required: true }))
  save(): void {
    // Only described, never called.
  }

  @Post('album')
  @ApiConsumes('multipart/form-data')
  @ApiBody(imgwireApiBody(FIELDS, PhotoDto))
  album(): void {
    // Only described, never called.
  }

  @Post('plain')
  @ApiConsumes('multipart/form-data')
  @ApiBody(imgwireApiBody({ name: 'photo', required: true }, { caption: { type: 'string' } }))
  plain(): void {
    // Only described, never called.
  }
}

@Controller('mixed')
class MixedController {
  @Get()
  plain(): void {
    // Only described, never called.
  }

  @Post()
  @ApiImgwireProblem()
  @ApiCreatedResponse({ type: PhotoDto })
  save(): void {
    // Only described, never called.
  }
}

const tokens = (path: string, name?: string): Type<object> =>
  createImgwireUploadTokenController({ path, imgwire: name, authorize: () => true });

@ApiBearerAuth()
class SignedInTokenController extends tokens('mine') {}

describe.each(NEST_PLATFORMS)('the OpenAPI document of Nest on %s', (_name, adapter) => {
  let app: INestApplication;
  afterEach(() => app.close());

  const documentOf = async (...controllers: Type<unknown>[]): Promise<OpenAPIObject> => {
    const imports = [
      ImgwireModule.forRoot({ apiKey: 'sk_x' }),
      ImgwireModule.forRoot({ name: 'archive', apiKey: 'sk_y' }),
    ];
    app = await createNest({ imports, controllers }, adapter());
    return SwaggerModule.createDocument(app, new DocumentBuilder().build());
  };

  it('has one operation for tokens, under a stable name, with its answers', async () => {
    const { paths } = await documentOf(tokens('token'));
    expect(paths).toEqual({
      '/token': {
        post: {
          operationId: 'ImgwireTokenController_issue',
          tags: ['ImgwireToken'],
          parameters: [],
          responses: {
            200: {
              description: 'A token for one upload.',
              content: {
                'application/json': { schema: { $ref: '#/components/schemas/ImgwireUploadToken' } },
              },
            },
            default: PROBLEM,
          },
        },
      },
    });
  });

  it('has a name of its own for the tokens of each Environment', async () => {
    const { paths } = await documentOf(tokens('token'), tokens('archive/token', 'archive'));
    expect(paths['/token']?.post?.operationId).toBe('ImgwireTokenController_issue');
    expect(paths['/archive/token']?.post?.operationId).toBe('ImgwireArchiveTokenController_issue');
  });

  it('takes the name and the decorators of a class that extends the token controller', async () => {
    const { paths } = await documentOf(SignedInTokenController);
    expect(Object.keys(paths['/mine'] ?? {})).toEqual(['post']);
    expect(paths['/mine']?.post).toMatchObject({
      operationId: 'SignedInTokenController_issue',
      security: [{ bearer: [] }],
      responses: { default: PROBLEM },
    });
  });

  it('describes the token and the problem as they are answered', async () => {
    const { components } = await documentOf(tokens('token'));
    expect(components?.schemas?.['ImgwireUploadToken']).toEqual({
      type: 'object',
      properties: {
        uploadToken: { type: 'string' },
        expiresAt: { type: 'string', format: 'date-time' },
      },
      required: ['uploadToken', 'expiresAt'],
    });
    const everything = { field: 'a', fileName: 'b', retryAfter: 1, issues: [] };
    const body = new ImgwireError('LIMIT_FILE_SIZE', everything).toJSON();
    const required = Object.keys(new ImgwireError('LIMIT_FILE_SIZE').toJSON());
    const schema = components?.schemas?.['ImgwireProblem'];
    // Beside the members of every adapter's problem details, the `message` of every error of Nest.
    expect(schema).toMatchObject({ type: 'object', required: [...required, 'message'] });
    expect(new Set(Object.keys(Object(schema).properties))).toEqual(
      // No address of the pages is known here.
      new Set(['type', ...Object.keys(body), 'message']),
    );
    expect(components?.schemas?.['ImgwireErrorCode']).toMatchObject({
      type: 'string',
      enum: [...IMGWIRE_ERROR_CODES],
    });
  });

  it('has the failures of a controller beside the success of each of its routes', async () => {
    const { paths, components } = await documentOf(PhotoController);
    const success = { 201: { description: '' } };
    expect(paths['/photos']?.post?.responses).toEqual({ ...success, default: PROBLEM });
    expect(paths['/photos/album']?.post?.responses).toEqual({ ...success, default: PROBLEM });
    expect(components?.schemas).toHaveProperty('ImgwireProblem');
  });

  it('has the failures of one route beside its other answers', async () => {
    const { paths, components } = await documentOf(MixedController);
    expect(paths['/mixed']?.post?.responses).toEqual({
      201: expect.objectContaining({ content: expect.anything() }),
      default: PROBLEM,
    });
    expect(paths['/mixed']?.get?.responses).toEqual({ 200: { description: '' } });
    expect(components?.schemas).toHaveProperty('ImgwireProblem');
  });

  it('describes the files of a form beside the properties of a DTO', async () => {
    const { paths, components } = await documentOf(PhotoController);
    const form = (path: string): unknown => paths[path]?.post?.requestBody;
    const ref = (name: string): object => ({ schema: { $ref: `#/components/schemas/${name}` } });
    expect(form('/photos')).toEqual({
      required: true,
      content: { 'multipart/form-data': ref('PhotoDto_photo') },
    });
    expect(form('/photos/album')).toMatchObject({
      content: { 'multipart/form-data': ref('PhotoDto_cover_pages_scans') },
    });
    const texts = {
      caption: { type: 'string', maxLength: 80, description: 'Shown below the photo.' },
      visibility: { type: 'string', enum: ['public', 'private'] },
      place: { $ref: '#/components/schemas/Place' },
    };
    expect(components?.schemas).toMatchObject({
      Place: { properties: { latitude: { type: 'number' } } },
      PhotoDto_photo: { properties: { ...texts, photo: FILE }, required: ['caption', 'photo'] },
      PhotoDto_cover_pages_scans: {
        properties: {
          ...texts,
          cover: FILE,
          'pages[]': { type: 'array', items: FILE, maxItems: 3 },
          scans: { type: 'array', items: FILE },
        },
        required: ['caption', 'cover'],
      },
    });
    // The class itself is unchanged.
    expect(components?.schemas).not.toHaveProperty('PhotoDto');
  });

  it('marks a single file as required beside plain schemas of the text fields', async () => {
    const { paths } = await documentOf(PhotoController);
    expect(paths['/photos/plain']?.post?.requestBody).toMatchObject({
      content: {
        'multipart/form-data': {
          schema: {
            type: 'object',
            properties: { caption: { type: 'string' }, photo: FILE },
            required: ['photo'],
          },
        },
      },
    });
  });
});
