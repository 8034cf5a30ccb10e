import { type Emulator, type Fault, startEmulator } from '@imgwire/emulator';
import { imgwireUploadToken, type UploadTokenRules } from '@imgwire/express';
import {
  createImgwireUploadTokenController,
  ImgwireModule,
  type ImgwireModuleOptions,
  ImgwireService,
  type ImgwireUploadTokenControllerOptions,
} from '@imgwire/nestjs';
import {
  type CanActivate,
  Controller,
  type ExecutionContext,
  Inject,
  Injectable,
  Post,
  UnauthorizedException,
  UseGuards,
} from '@nestjs/common';
import express from 'express';
import { request } from 'undici';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createNest, listenNest, NEST_PLATFORMS } from './nest-app.ts';

interface TokenAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
}

const SAME_HEADERS = [
  'access-control-allow-credentials',
  'access-control-allow-methods',
  'access-control-allow-origin',
  'allow',
  'cache-control',
  'content-type',
  'retry-after',
  'vary',
];
const ORIGIN = 'https://app.example.com';

/** The parts of a response that must be the same everywhere; the token differs each time. */
async function ask(url: string, method: string, headers: Record<string, string>): Promise<TokenAnswer> {
  const answer = await request(`${url}/token`, { method: method as 'GET', headers });
  const text = await answer.body.text();
  return {
    status: answer.statusCode,
    headers: Object.fromEntries(SAME_HEADERS.map((name) => [name, answer.headers[name]])),
    // Clients of Nest read the `message` of every error.
    text: text
      .replace(/,"message":"[^"]+"\}$/, '}')
      .replace(/^\{"uploadToken":"[^"]+","expiresAt":"[^"]+"\}$/, '{a token}'),
  };
}

@Injectable()
class Users {
  readonly known = new Set(['ann']);
}

@Injectable()
class UserGuard implements CanActivate {
  constructor(@Inject(Users) private readonly users: Users) {}

  canActivate(context: ExecutionContext): boolean {
    const { headers } = context.switchToHttp().getRequest();
    if (!headers['x-user']) throw new UnauthorizedException();
    return this.users.known.has(headers['x-user']);
  }
}

describe.each(NEST_PLATFORMS)('the token controller on %s', (_name, adapter) => {
  let emulator: Emulator;
  let connection: ImgwireModuleOptions;
  const closing: (() => Promise<unknown>)[] = [];
  beforeEach(async () => {
    emulator = await startEmulator();
    connection = { apiKey: emulator.apiKey, baseUrl: emulator.url, requestTimeoutMs: 500, maxAttempts: 1 };
  });
  afterEach(async () => {
    await Promise.all(closing.splice(0).map((close) => close()));
    await emulator.close();
  });

  const startNest = async (options: Omit<ImgwireUploadTokenControllerOptions, 'path'>): Promise<string> => {
    const app = await createNest(
      {
        imports: [ImgwireModule.forRoot(connection)],
        controllers: [createImgwireUploadTokenController({ path: 'token', ...options })],
        providers: [Users],
      },
      adapter(),
    );
    closing.push(() => app.close());
    return listenNest(app);
  };

  const startExpress = async (rules: UploadTokenRules<never>): Promise<string> => {
    const app = express();
    app.all('/token', imgwireUploadToken({ ...connection, ...rules } as never));
    const server = await new Promise<ReturnType<typeof app.listen>>((resolve) => {
      const listening = app.listen(0, '127.0.0.1', () => resolve(listening));
    });
    closing.push(async () => server.closeAllConnections());
    closing.push(() => new Promise((resolve) => server.close(resolve)));
    return `http://127.0.0.1:${(server.address() as { port: number }).port}`;
  };

  const allow: UploadTokenRules<never> = { authorize: () => true };
  it.each<[string, UploadTokenRules<never>, number]>([
    ['gives tokens', allow, 200],
    ['has its authorize say no', { authorize: async () => false }, 403],
    [
      'has its authorize throw with 401',
      { authorize: () => Promise.reject(Object.assign(new Error('ann'), { status: 401 })) },
      401,
    ],
    [
      'waits for authorize too long',
      { authorize: () => new Promise(() => undefined), authorizeTimeoutMs: 50 },
      503,
    ],
    ['limits the rate', { ...allow, rateLimit: async () => 30 }, 429],
  ])('answers as Express to the byte when it %s', async (_case, rules, status) => {
    const [nest, other] = [await startNest(rules), await startExpress(rules)];
    const answer = await ask(nest, 'POST', {});
    expect(answer).toEqual(await ask(other, 'POST', {}));
    expect(answer.status).toBe(status);
  });

  it.each<[Omit<Fault, 'route'>, number]>([
    [{ status: 401 }, 502],
    [{ status: 500 }, 503],
    [{ status: 429, headers: { 'retry-after': '120' } }, 503],
    [{ status: 200, body: { id: 'x' } }, 503],
    [{ hang: true }, 504],
  ])('answers as Express to the byte when the service answers %j', async (fault, status) => {
    const [nest, other] = [await startNest(allow), await startExpress(allow)];
    emulator.faults.add({ route: 'token', times: Number.POSITIVE_INFINITY, ...fault });
    const answer = await ask(nest, 'POST', {});
    expect(answer).toEqual(await ask(other, 'POST', {}));
    expect(answer.status).toBe(status);
  });

  it('answers as Express to the byte whatever the method and the origin', async () => {
    const rules = { ...allow, allowedOrigins: [ORIGIN] };
    const [nest, other] = [await startNest(rules), await startExpress(rules)];
    const statuses = new Map<string, number>();
    for (const method of ['POST', 'GET', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
      for (const origin of [undefined, ORIGIN, 'https://evil.example', 'null']) {
        const headers = origin === undefined ? {} : { origin };
        const answer = await ask(nest, method, headers);
        expect(answer, `${method} from ${origin}`).toEqual(await ask(other, method, headers));
        statuses.set(`${method} ${origin}`, answer.status);
      }
    }
    expect(statuses.get(`POST ${ORIGIN}`)).toBe(200);
    expect(statuses.get('POST https://evil.example')).toBe(403);
    expect(statuses.get(`OPTIONS ${ORIGIN}`)).toBe(204);
    expect(statuses.get('GET undefined')).toBe(405);
  });

  it('gives tokens to whom its guards let in, and lets a preflight pass them', async () => {
    const url = await startNest({ guards: [UserGuard], allowedOrigins: [ORIGIN] });
    expect(await ask(url, 'POST', { 'x-user': 'ann' })).toMatchObject({ status: 200, text: '{a token}' });
    expect(await ask(url, 'POST', { 'x-user': 'eve' })).toMatchObject({ status: 403 });
    expect(await ask(url, 'POST', {})).toMatchObject({ status: 401 });
    expect(await ask(url, 'OPTIONS', { origin: ORIGIN })).toMatchObject({ status: 204 });
    expect(emulator.requests).toHaveLength(1);
  });

  it('asks authorize beside its guards, with the request of the platform', async () => {
    const seen: unknown[] = [];
    const authorize = (req: { readonly headers: Record<string, string> }): boolean => {
      seen.push(req.headers['x-user']);
      return false;
    };
    const url = await startNest({ guards: [UserGuard], authorize });
    expect(await ask(url, 'POST', { 'x-user': 'ann' })).toMatchObject({ status: 403 });
    expect(seen).toEqual(['ann']);
  });

  it('is five lines to write by hand, with the service', async () => {
    @Controller('token')
    @UseGuards(UserGuard)
    class UploadTokenController {
      constructor(@Inject(ImgwireService) private readonly imgwire: ImgwireService) {}

      @Post()
      async create(): Promise<object> {
        const { token, expires_at: expiresAt } = await this.imgwire.createUploadToken();
        return { uploadToken: token, expiresAt };
      }
    }
    const app = await createNest(
      {
        imports: [ImgwireModule.forRoot(connection)],
        controllers: [UploadTokenController],
        providers: [Users],
      },
      adapter(),
    );
    closing.push(() => app.close());
    const url = await listenNest(app);
    expect(await ask(url, 'POST', { 'x-user': 'ann' })).toMatchObject({ status: 201, text: '{a token}' });
    expect(await ask(url, 'POST', {})).toMatchObject({ status: 401 });
  });

  it('does not start without guards and authorize', async () => {
    await expect(startNest({})).rejects.toThrow(/option "authorize" is required/);
  });
});
