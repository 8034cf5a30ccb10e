import { type Emulator, startEmulator } from '@imgwire/emulator';
import {
  AnyImgwireFilesInterceptor,
  ImgwireExceptionFilter,
  type ImgwireImage,
  ImgwireModule,
  ImgwireService,
  UploadedImage,
} from '@imgwire/nestjs';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { Controller, type INestApplication, Inject, Post, UseFilters } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { Args, GraphQLModule, Mutation, Query, Resolver } from '@nestjs/graphql';
import { ExpressAdapter } from '@nestjs/platform-express';
import GraphQLUpload from 'graphql-upload/GraphQLUpload.mjs';
import graphqlUploadExpress from 'graphql-upload/graphqlUploadExpress.mjs';
import type { FileUpload } from 'graphql-upload/processRequest.mjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { postForm } from '../support/client.ts';
import { image, imageOfSize } from '../support/images.ts';
import { createNest, listenNest } from './nest-app.ts';

const typeDefs = `
  scalar Upload
  type Query { name(id: String!): String }
  type Mutation { setAvatar(file: Upload!): String! }
`;

@Resolver()
@UseFilters(ImgwireExceptionFilter)
class AvatarResolver {
  constructor(@Inject(ImgwireService) private readonly imgwire: ImgwireService) {}

  @Query('name')
  async name(@Args('id') id: string): Promise<string | null> {
    return (await this.imgwire.retrieve(id)).original_filename;
  }

  @Mutation('setAvatar')
  async setAvatar(@Args('file') file: Promise<FileUpload>): Promise<string> {
    const { createReadStream, filename } = await file;
    const rules = { accept: ['image/png'], limits: { fileSize: 50_000 } };
    return (await this.imgwire.upload({ file: createReadStream(), fileName: filename, ...rules })).id;
  }
}

@Controller('avatar')
class AvatarController {
  @Post()
  save(@UploadedImage() avatar: ImgwireImage): string {
    return avatar.id;
  }
}

describe('GraphQL with Apollo, beside upload routes', () => {
  let emulator: Emulator;
  let app: INestApplication;
  let url: string;
  beforeEach(async () => {
    emulator = await startEmulator();
    app = await createNest(
      {
        imports: [
          ImgwireModule.forRoot({ apiKey: emulator.apiKey, baseUrl: emulator.url }),
          GraphQLModule.forRoot<ApolloDriverConfig>({
            driver: ApolloDriver,
            typeDefs,
            resolvers: { Upload: GraphQLUpload },
          }),
        ],
        controllers: [AvatarController],
        providers: [AvatarResolver, { provide: APP_INTERCEPTOR, useClass: AnyImgwireFilesInterceptor() }],
      },
      new ExpressAdapter(),
    );
    app.use('/graphql', graphqlUploadExpress({ maxFileSize: 100_000, maxFiles: 1 }));
    url = await listenNest(app);
  });
  afterEach(async () => {
    await app.close();
    await emulator.close();
  });

  const setAvatar = async (bytes: Buffer): Promise<unknown> => {
    const body = new FormData();
    const query = 'mutation ($file: Upload!) { setAvatar(file: $file) }';
    body.set('operations', JSON.stringify({ query, variables: { file: null } }));
    body.set('map', JSON.stringify({ 0: ['variables.file'] }));
    body.set('0', new Blob([bytes]), 'cat.png');
    const headers = { 'apollo-require-preflight': 'true' };
    return (await fetch(`${url}/graphql`, { method: 'POST', headers, body })).json();
  };

  it('stores an upload of graphql-upload, which a global upload interceptor lets pass', async () => {
    const answer = await setAvatar(await image('image/png'));
    const [stored] = emulator.images.list();
    expect(answer).toEqual({ data: { setAvatar: stored?.id } });
    expect(stored?.original_filename).toBe('cat.png');
    emulator.assertNothingPending();
    const form = [{ name: 'avatar', fileName: 'a.png', bytes: await image('image/png') }];
    expect(await postForm(`${url}/avatar`, form)).toMatchObject({ status: 201 });
  });

  it('answers a failure with its code and problem details as extensions', async () => {
    expect(await setAvatar(Buffer.from('no image'))).toMatchObject({
      data: null,
      errors: [
        {
          message: expect.stringContaining('not an image'),
          path: ['setAvatar'],
          extensions: { code: 'UNSUPPORTED_IMAGE_TYPE', status: 415, title: 'Unsupported Media Type' },
        },
      ],
    });
    const query = '{ name(id: "missing") }';
    const answer = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ query }),
    });
    expect(await answer.json()).toMatchObject({ errors: [{ extensions: { code: 'IMAGE_NOT_FOUND' } }] });
  });

  it.each([
    ['image/jpeg', 2000, 'UNSUPPORTED_IMAGE_TYPE'],
    ['image/png', 60_000, 'LIMIT_FILE_SIZE'],
  ] as const)('rejects an %s of %i bytes by the rules of the resolver', async (type, size, code) => {
    expect(await setAvatar(await imageOfSize(type, size))).toMatchObject({
      errors: [{ extensions: { code } }],
    });
    expect(emulator.images.list()).toEqual([]);
  });

  it('leaves no image of an upload that graphql-upload cuts off', async () => {
    const large = Buffer.concat([await image('image/png'), Buffer.alloc(200_000)]);
    expect(await setAvatar(large)).toMatchObject({
      errors: [{ message: expect.stringMatching(/^File truncated/) }],
    });
    expect(emulator.images.list()).toEqual([]);
  });
});
