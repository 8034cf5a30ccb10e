import { type Emulator, startEmulator } from '@imgwire/emulator';
import { imgwire } from '@imgwire/fastify';
import { ImgwireFileInterceptor, ImgwireModule } from '@imgwire/nestjs';
import { Body, Controller, Post, UseInterceptors, ValidationPipe } from '@nestjs/common';
import { Type } from 'class-transformer';
import { IsInt, MaxLength } from 'class-validator';
import { fastify } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createNest, listenNest, NEST_PLATFORMS } from '../nest/nest-app.ts';
import { type Answer, type Part, postForm } from '../support/client.ts';
import { image } from '../support/images.ts';

// What else validates a body sees the texts of a form, or the output of its schema.

const FORM = z.object({ title: z.string().trim(), rating: z.coerce.number().max(5) });

class NewPost {
  @MaxLength(6)
  readonly title!: string;

  @Type(() => Number)
  @IsInt()
  readonly rating!: number;
}
const pipe = new ValidationPipe({ expectedType: NewPost, transform: true });

@Controller()
class PostController {
  @Post('with')
  @UseInterceptors(ImgwireFileInterceptor('picture', { form: FORM, discardOnError: true }))
  withForm(@Body(pipe) post: NewPost): NewPost {
    return post;
  }

  @Post('without')
  @UseInterceptors(ImgwireFileInterceptor('picture', { discardOnError: true }))
  without(@Body(pipe) post: NewPost): NewPost {
    return post;
  }
}

const SCHEMA = {
  body: {
    type: 'object',
    properties: { title: { type: 'string', maxLength: 6 }, rating: { type: 'integer' } },
    required: ['title', 'rating'],
  },
};

interface Running {
  readonly url: string;
  close(): unknown;
}

/** A server with POST /with and /without a schema of the form, whose bodies the framework validates too. */
type Start = (emulator: Emulator) => Promise<Running>;

const onFastify: Start = async (emulator) => {
  const app = fastify();
  const { apiKey, url: baseUrl } = emulator;
  await app.register(imgwire, { apiKey, baseUrl, discardOnError: true });
  const { single } = app.imgwire;
  app.post(
    '/with',
    { schema: SCHEMA, preValidation: single('picture', { form: FORM }) },
    async ({ body }) => body,
  );
  app.post('/without', { schema: SCHEMA, preValidation: single('picture') }, async ({ body }) => body);
  return { url: await app.listen({ port: 0, host: '127.0.0.1' }), close: () => app.close() };
};

const onNest =
  (adapter: (typeof NEST_PLATFORMS)[number][1]): Start =>
  async (emulator) => {
    const { apiKey, url: baseUrl } = emulator;
    const imports = [ImgwireModule.forRoot({ apiKey, baseUrl })];
    const app = await createNest({ imports, controllers: [PostController] }, adapter());
    return { url: await listenNest(app), close: () => app.close() };
  };

const SERVERS: ReadonlyArray<readonly [string, Start]> = [
  ['a schema of Fastify', onFastify],
  ...NEST_PLATFORMS.map(([name, adapter]): [string, Start] => [`a pipe of Nest on ${name}`, onNest(adapter)]),
];

describe.each(SERVERS)('%s', (_name, start) => {
  let emulator: Emulator;
  let app: Running;
  beforeEach(async () => {
    emulator = await startEmulator();
    app = await start(emulator);
  });
  afterEach(async () => {
    await app.close();
    await emulator.close();
  });
  const post = async (path: string, title: string, rating: string): Promise<Answer> => {
    const picture: Part = { name: 'picture', fileName: 'lake.png', bytes: await image('image/png') };
    const fields: readonly Part[] = [
      { name: 'title', value: title },
      { name: 'rating', value: rating },
    ];
    return postForm(`${app.url}/${path}`, [...fields, picture]);
  };
  const images = (): object[] => emulator.images.list();

  it('gets the texts of a form', async () => {
    expect((await post('without', ' Lake ', '5')).json).toEqual({ title: ' Lake ', rating: 5 });
    expect((await post('without', 'The lake', '5')).status).toBe(400);
    await expect.poll(images).toHaveLength(1);
  });

  it('gets the output of the schema of a form', async () => {
    expect((await post('with', ' Lake  ', '5')).json).toEqual({ title: 'Lake', rating: 5 });
    expect((await post('with', 'Lake', '6')).json).toMatchObject({
      code: 'INVALID_FORM',
      issues: [{ path: ['rating'] }],
    });
    expect((await post('with', 'Lake', '1.5')).status).toBe(400);
    await expect.poll(images).toHaveLength(1);
  });
});
