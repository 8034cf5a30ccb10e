import { once } from 'node:events';
import { createServer, request as httpRequest, type IncomingMessage, type Server } from 'node:http';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { createImgwire, type Imgwire, type ImgwireForm, imgwireUpload } from '@imgwire/web';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BOUNDARY, encodeForm } from '../support/client.ts';
import { image } from '../support/images.ts';
import { listen } from '../support/listen.ts';
import { overRest } from '../support/upload-suite.ts';
import { webListener } from '../support/web-listener.ts';

const form = encodeForm([{ name: 'avatar', fileName: 'a.png', bytes: await image('image/png') }]);
const headers = { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` };
const post = (init: RequestInit = {}): Request =>
  new Request('http://localhost/avatar', { method: 'POST', body: form, headers, ...init });

/** A body of chunks, each when it is pulled. `false` never comes, an error breaks it off. */
function bodyOf(...chunks: (string | false | Error)[]): {
  readonly body: ReadableStream<Uint8Array>;
  readonly seen: { pulls: number; cancelled: unknown };
} {
  const seen = { pulls: 0, cancelled: undefined as unknown };
  const body = new ReadableStream<Uint8Array>(
    {
      pull: (controller) => {
        seen.pulls++;
        const chunk = chunks.shift();
        if (chunk === false) return new Promise<void>(() => undefined);
        if (chunk instanceof Error) throw chunk;
        if (chunk === undefined) controller.close();
        else controller.enqueue(Buffer.from(chunk));
        return undefined;
      },
      cancel: (reason) => {
        seen.cancelled = reason ?? 'no reason';
      },
    },
    { highWaterMark: 0 },
  );
  return { body, seen };
}

let emulator: Emulator;
let imgwire: Imgwire;
beforeEach(async () => {
  emulator = await startEmulator();
  imgwire = createImgwire(overRest(emulator));
});
afterEach(async () => {
  await imgwire.close();
  await emulator.close();
});
const routeOf = (handle: (form: ImgwireForm) => Response | Promise<Response>) =>
  imgwireUpload({ imgwire, discardOnError: true }).single('avatar').handler(handle);
const stored = (): number => emulator.images.list().length;
const deleted = (): Promise<unknown> =>
  emulator.waitFor(({ requests }) =>
    requests.some(({ route, status }) => route === 'delete' && status === 200),
  );

describe('discardOnError, when the handler streams its response,', () => {
  it('keeps the images of a body that is read to its end, unchanged', async () => {
    const { body, seen } = bodyOf('one ', 'two');
    const made = new Response(body, {
      status: 201,
      statusText: 'Stored',
      headers: [
        ['content-type', 'text/event-stream'],
        ['set-cookie', 'a=1'],
        ['set-cookie', 'b=2'],
      ],
    });
    const response = await routeOf(() => made)(post());
    expect([response.status, response.statusText]).toEqual([201, 'Stored']);
    expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    // Nothing is read ahead of the platform.
    expect(seen.pulls).toBe(0);
    expect(await response.text()).toBe('one two');
    expect(stored()).toBe(1);
  });

  it('deletes the images before the error of a body that breaks off is seen', async () => {
    const failure = new Error('the renderer failed');
    const { body } = bodyOf('one ', failure);
    const response = await routeOf(() => new Response(body))(post());
    await expect(response.text()).rejects.toThrow();
    expect(stored()).toBe(0);
  });

  it('deletes the images when the platform cancels the body, and cancels what the handler gave', async () => {
    const { body, seen } = bodyOf('one ', false);
    const response = await routeOf(() => new Response(body))(post());
    const reader = response.body?.getReader();
    await reader?.read();
    await reader?.cancel('the client has left');
    expect(seen.cancelled).toBe('the client has left');
    expect(stored()).toBe(0);
  });

  it('deletes the images when the request is aborted before the body has ended', async () => {
    const controller = new AbortController();
    const { body } = bodyOf('one ', false);
    const response = await routeOf(() => new Response(body))(post({ signal: controller.signal }));
    await response.body?.getReader().read();
    controller.abort();
    await deleted();
    expect(stored()).toBe(0);
  });

  it('keeps the images when the request is aborted after the body has ended', async () => {
    const controller = new AbortController();
    const response = await routeOf(() => Response.json({ ok: true }))(post({ signal: controller.signal }));
    expect(await response.json()).toEqual({ ok: true });
    controller.abort();
    await imgwire.close();
    expect(stored()).toBe(1);
  });

  it.each<[string, () => Response]>([
    ['no body', () => new Response(null, { status: 204 })],
    ['a redirection', () => Response.redirect('http://localhost/', 303)],
    [
      'a body that is read by somebody else',
      () => {
        const response = new Response('text');
        response.body?.getReader();
        return response;
      },
    ],
  ])('gives a response with %s on as it is', async (_what, make) => {
    let made: Response | undefined;
    const response = await routeOf(() => {
      made = make();
      return made;
    })(post());
    expect(response).toBe(made);
    expect(stored()).toBe(1);
  });

  it('leaves the response of a route without it as it is', async () => {
    const made = new Response(bodyOf('one').body);
    const route = imgwireUpload({ imgwire })
      .single('avatar')
      .handler(() => made);
    expect(await route(post())).toBe(made);
  });
});

describe('discardOnError, over a socket,', () => {
  let server: Server;
  const open = async (route: (request: Request) => Promise<Response>): Promise<IncomingMessage> => {
    server = createServer(webListener(route));
    const outgoing = httpRequest(await listen(server), { method: 'POST', headers });
    outgoing.on('error', () => undefined);
    outgoing.end(form);
    const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
    return incoming;
  };
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  it('deletes the images of a client that leaves after the headers', async () => {
    const incoming = await open(routeOf(() => new Response(bodyOf('one ', false).body)));
    await once(incoming, 'data');
    expect([incoming.statusCode, stored()]).toEqual([200, 1]);
    incoming.destroy();
    await deleted();
    expect(stored()).toBe(0);
  });

  it('deletes the images of a response that breaks off', async () => {
    const incoming = await open(
      routeOf(() => new Response(bodyOf('one ', 'two', 'three', new Error('gone')).body)),
    );
    incoming.on('error', () => undefined).resume();
    await new Promise((resolve) => incoming.once('close', () => resolve(undefined)));
    expect(incoming.complete).toBe(false);
    expect(stored()).toBe(0);
  });

  it('keeps the images of a client that leaves after the end, and sends the length of a text', async () => {
    const incoming = await open(routeOf(() => Response.json({ ok: true })));
    expect(incoming.headers['content-length']).toBe('11');
    incoming.resume();
    await once(incoming, 'end');
    incoming.destroy();
    await imgwire.close();
    expect(stored()).toBe(1);
  });
});
