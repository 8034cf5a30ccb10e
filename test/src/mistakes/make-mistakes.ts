import 'reflect-metadata';
import { createServer, type Server } from 'node:http';
import { startEmulator } from '@imgwire/emulator';
import { createImgwire, imgwireUpload } from '@imgwire/express';
import { imgwire as fastifyImgwire } from '@imgwire/fastify';
import { ImgwireModule } from '@imgwire/nestjs';
import { imgwireUpload as webUpload } from '@imgwire/web';
import { Controller, type ModuleMetadata, Post } from '@nestjs/common';
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import { fastify } from 'fastify';
import { Hono } from 'hono';
import { createNest, NEST_PLATFORMS } from '../nest/nest-app.ts';
import { BOUNDARY, encodeForm, type Part, postForm } from '../support/client.ts';
import { makeImage } from '../support/images.ts';
import { listen } from '../support/listen.ts';
import { textsOf } from './mistake-texts.ts';
import {
  CALLS,
  CONNECTIONS,
  DECORATORS,
  HANDLERS,
  HOOKS,
  MODULES,
  OPTIONS,
  PARAMETERS,
  ROUTES,
} from './mistakes.ts';

/** A mistake as it is written, and what is said to it. */
export interface Mistake {
  readonly written: string;
  readonly said: string;
}

type Group = readonly Mistake[];

/** Every mistake, made for real: with servers, forms and the emulator. */
export interface Mistakes {
  readonly connections: Group;
  readonly options: Group;
  readonly calls: Group;
  readonly routes: Group;
  readonly hooks: Group;
  readonly handlers: Group;
  readonly modules: Group;
  readonly forms: Group;
}

const LISTS = { CALLS, CONNECTIONS, DECORATORS, HANDLERS, HOOKS, MODULES, OPTIONS, PARAMETERS, ROUTES };

/** Makes every mistake. What is said to none is an error. */
export async function makeMistakes(): Promise<Mistakes> {
  const bytes = await makeImage('image/png', { width: 20, height: 20 });
  const emulator = await startEmulator();
  try {
    const connections = await inEnvironment({}, () => each('CONNECTIONS', saidTo));
    const { apiKey: IMGWIRE_API_KEY, url: IMGWIRE_API_BASE_URL } = emulator;
    return await inEnvironment({ IMGWIRE_API_KEY, IMGWIRE_API_BASE_URL }, async () => ({
      connections,
      options: await each('OPTIONS', (make) => saidTo(() => make({ upload: imgwireUpload() }))),
      calls: await calls(bytes),
      routes: await each('ROUTES', (make) => toRoute(make, bytes)),
      hooks: await each('HOOKS', (make) => toHook(make, bytes)),
      handlers: await each('HANDLERS', (make) => toHandler(make, bytes)),
      modules: [
        ...(await each('MODULES', toModule)),
        ...(await each('DECORATORS', toDecorator)),
        ...(await each('PARAMETERS', toParameter)),
      ],
      forms: await forms(bytes),
    }));
  } finally {
    await emulator.close();
  }
}

const VARIABLES = ['IMGWIRE_API_KEY', 'IMGWIRE_API_BASE_URL'] as const;

/** Runs with these variables in the environment, as an application does, and no others of ours. */
async function inEnvironment<T>(
  variables: { readonly [Name in (typeof VARIABLES)[number]]?: string },
  run: () => Promise<T>,
): Promise<T> {
  const set = (values: typeof variables): void => {
    for (const name of VARIABLES) {
      const value = values[name];
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  };
  const before = Object.fromEntries(VARIABLES.map((name) => [name, process.env[name]]));
  set(variables);
  return run().finally(() => set(before));
}

/** The functions of one list, each given what it takes. */
type Make = (given?: object) => unknown;

async function each(kind: keyof typeof LISTS, sayTo: (make: Make) => Promise<string>): Promise<Group> {
  const written = textsOf(kind);
  const group: Mistake[] = [];
  for (const [at, make] of (LISTS[kind] as readonly Make[]).entries()) {
    group.push({ written: `\`${written[at]}\``, said: await sayTo(make) });
  }
  return group;
}

/** The message of what is thrown, now or later; of a run over many, that of its first item. */
async function saidTo(make: () => unknown): Promise<string> {
  try {
    const made: unknown = await make();
    if (typeof made !== 'object' || made === null || !('next' in made))
      throw new Error(`${make} is no mistake`);
    const { value } = await (made as AsyncGenerator<{ reason: unknown }>).next();
    throw value.reason;
  } catch (error) {
    return (error as Error).message;
  }
}

async function calls(bytes: Uint8Array): Promise<Group> {
  const imgwire = createImgwire();
  const image = await imgwire.upload({ file: bytes });
  try {
    return await each('CALLS', (make) => saidTo(() => make({ imgwire, bytes, image })));
  } finally {
    await imgwire.close();
  }
}

interface Form {
  readonly parts: readonly Part[];
  readonly headers?: Readonly<Record<string, string>>;
}

const avatarOf = (bytes: Uint8Array): Part => ({ name: 'avatar', fileName: 'cat.png', bytes });
const formOf = (bytes: Uint8Array): Form => ({ parts: [avatarOf(bytes)] });

/** Posts forms to a server, one after another, and answers what was said to each. */
async function post(server: Server, ...forms: readonly Form[]): Promise<string[]> {
  const url = `${await listen(server)}/avatar`;
  const said: string[] = [];
  try {
    for (const { parts, headers = {} } of forms)
      said.push((await postForm(url, parts, { headers })).json.said);
    return said;
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const save: RequestHandler = (_req, res) => void res.json({});

/** The server of an application that answers with the message of any error, as in development. */
function serverOf(app: Express): Server {
  const show: ErrorRequestHandler = (error, _req, res, _next) => void res.json({ said: error.message });
  return createServer(app.use(show));
}

async function toRoute(make: Make, bytes: Uint8Array): Promise<string> {
  const app = express();
  make({ app, upload: imgwireUpload(), save });
  const [said = ''] = await post(serverOf(app), formOf(bytes));
  return said;
}

async function toHook(make: Make, bytes: Uint8Array): Promise<string> {
  const app = fastify({ logger: { level: 'silent' } });
  await app.register(fastifyImgwire);
  app.setErrorHandler((error: Error) => ({ said: error.message }));
  try {
    make({ app, save: async () => ({}) });
    await app.ready();
    const [said = ''] = await post(app.server, formOf(bytes));
    return said;
  } catch (error) {
    return (error as Error).message;
  } finally {
    await app.close();
  }
}

async function toHandler(make: Make, bytes: Uint8Array): Promise<string> {
  const app = new Hono().onError((error) => {
    throw error;
  });
  const avatar = webUpload().single('avatar');
  const { POST = app.fetch } = make({ app, avatar, save: () => new Response() }) as {
    POST?(request: Request): unknown;
  };
  const headers = { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` };
  const body = new Uint8Array(encodeForm([avatarOf(bytes)]));
  return saidTo(() => POST(new Request('http://localhost/avatar', { method: 'POST', headers, body })));
}

const toModule = (make: Make): Promise<string> => saidTo(() => start(make() as ModuleMetadata));

function toDecorator(make: Make): Promise<string> {
  @Controller()
  class AvatarController {
    @Post()
    @(make() as MethodDecorator)
    save(): void {
      // Never reached: the application does not start.
    }
  }
  return saidTo(() => start({ controllers: [AvatarController] }));
}

function toParameter(make: Make): Promise<string> {
  return saidTo(() => {
    const [bind, parameter] = make() as [MethodDecorator, ParameterDecorator];
    @Controller()
    class AvatarController {
      @Post()
      @bind
      save(@parameter _avatar: object): void {
        // Never reached: the application does not start.
      }
    }
    return start({ imports: [ImgwireModule.forRoot()], controllers: [AvatarController] });
  });
}

/** Starts an application of Nest. It must fail. */
async function start(metadata: ModuleMetadata): Promise<void> {
  for (const [, adapter] of NEST_PLATFORMS) await (await createNest(metadata, adapter())).init();
}

/** The rules of the route to which clients send, as they are on the page. */
const FORM_RULES = { required: true, accept: ['image/png'], limits: { fileSize: 1024 * 1024 } };

async function forms(bytes: Uint8Array): Promise<Group> {
  const app = express();
  app.post('/avatar', imgwireUpload().single('avatar', FORM_RULES), save);
  const avatar = avatarOf(bytes);
  const jpeg = await makeImage('image/jpeg', { width: 20, height: 20 });
  const large = Buffer.concat([bytes, Buffer.alloc(1024 * 1024)]);
  const sent: ReadonlyArray<readonly [written: string, form: Form]> = [
    ['a file in the field `photo`', { parts: [{ ...avatar, name: 'photo' }] }],
    ['two files in the field `avatar`', { parts: [avatar, avatar] }],
    [
      'the name of a file in place of the file: `-F avatar=cat.png`',
      { parts: [{ name: 'avatar', value: 'cat.png' }] },
    ],
    ['JSON', { parts: [], headers: { 'content-type': 'application/json' } }],
    [
      'a form with `Content-Type: multipart/form-data` set by hand',
      { parts: [avatar], headers: { 'content-type': 'multipart/form-data' } },
    ],
    ['a JPEG', formOf(jpeg)],
    ['a file of more than 1 MiB', formOf(large)],
  ];
  const said = await post(serverOf(app), ...sent.map(([, form]) => form));
  return sent.map(([written], at) => ({ written, said: said[at] ?? '' }));
}
