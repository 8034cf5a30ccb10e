import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { Agent, type IncomingMessage, request } from 'node:http';
import { dirname } from 'node:path';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { packPackages } from '../nest/nest-project.ts';
import {
  type Answer,
  BOUNDARY,
  encodeForm,
  type OpenPost,
  openPost,
  type Part,
  postForm,
} from '../support/client.ts';
import { imageOfSize, textNamedPng } from '../support/images.ts';
import { sha256 } from '../support/upload-suite.ts';
import type { Platform } from './platform.ts';
import { ALL_PLATFORMS } from './platforms.ts';
import { createProject, type Running, startProject } from './project.ts';

const MIB = 1024 * 1024;
const file = (bytes: Uint8Array): Part => ({ name: 'avatar', fileName: 'a.jpg', type: 'image/jpeg', bytes });
const FIELDS: readonly Part[] = [
  { name: 'title', value: 'Träumt 🐈' },
  { name: 'tags[]', value: 'cat' },
];

let tarballs: ReadonlyMap<string, string>;
const projects = new Map<Platform, Promise<string>>();
const projectOf = (platform: Platform): Promise<string> => {
  const project = projects.get(platform) ?? createProject(platform, tarballs);
  projects.set(platform, project);
  return project;
};
beforeAll(async () => {
  tarballs = await packPackages(['core', 'web', 'express', 'fastify', 'nestjs']);
});
afterAll(async () => {
  const folders = (await Promise.allSettled(projects.values())).flatMap((project) =>
    project.status === 'fulfilled' ? project.value : [],
  );
  await Promise.all(folders.map((folder) => rm(folder, { recursive: true })));
  const [tarball = ''] = [...tarballs.values()];
  await rm(dirname(tarball.replace('file:', '')), { recursive: true });
});

describe.each(ALL_PLATFORMS)('$name with the packed packages', (platform) => {
  let folder: string;
  let emulator: Emulator;
  let app: Running;
  beforeAll(async () => {
    const project = projectOf(platform);
    const next = ALL_PLATFORMS[ALL_PLATFORMS.indexOf(platform) + 1];
    // Installs it meanwhile; whether that fails, its own tests say.
    if (next) projectOf(next).catch(() => undefined);
    folder = await project;
    emulator = await startEmulator();
    app = await startProject(platform, folder, emulator);
  });
  beforeEach(() => emulator.reset());
  afterEach(({ task }) => {
    if (task.result?.state === 'fail') console.info(app.printed());
  });
  afterAll(async () => {
    await app.close();
    await emulator.close();
  });

  // As a browser does: SvelteKit refuses a form without it.
  const headers = (): Record<string, string> => ({ origin: app.url });
  const post = (bytes: Uint8Array): Promise<Answer> =>
    postForm(`${app.url}/avatar`, [...FIELDS, file(bytes)], { headers: headers() });
  const open = (length: number): OpenPost => openPost(`${app.url}/avatar`, length, { headers: headers() });
  const deleted = (): Promise<unknown> =>
    emulator.waitFor(({ requests }) =>
      requests.some(({ route, status }) => route === 'delete' && status === 200),
    );

  it.each([70_000, 12 * MIB])('stores an image of %i bytes, with two fields', async (size) => {
    const bytes = await imageOfSize('image/jpeg', size);
    const { status, json, text } = await post(bytes);
    expect(status, text).toBe(200);
    expect(json).toMatchObject({
      image: { id: expect.any(String), original_filename: 'a.jpg' },
      url: expect.stringContaining('width=100'),
      images: 1,
      size,
      fields: { title: 'Träumt 🐈', tags: ['cat'] },
    });
    expect(emulator.images.sha256(json.image.id)).toBe(sha256(bytes));
    // Its length was computed from the Content-Length, which the platform passes on.
    expect(emulator.requests.map(({ route }) => route)).toEqual(['create', 'put']);
  });

  it('answers a file that is refused with problem details', async () => {
    const { status, headers, json } = await post(textNamedPng.bytes);
    expect(status).toBe(415);
    expect(headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(json).toMatchObject({ code: 'UNSUPPORTED_IMAGE_TYPE', field: 'avatar' });
    expect(emulator.images.list()).toEqual([]);
  });

  it('answers a form above the limit while the client sends it', async () => {
    const { status, json } = await post(await imageOfSize('image/jpeg', 51 * MIB));
    expect([status, json.code]).toEqual([413, 'LIMIT_FILE_SIZE']);
    expect(emulator.images.list()).toEqual([]);
  });

  const putOf = (): Promise<unknown> =>
    emulator.waitFor(({ requests }) =>
      requests.find(({ route, bytesReceived }) => route === 'put' && bytesReceived > 0),
    );

  if (platform.streams) {
    it('has bytes at the service before the client has sent half', async () => {
      const form = encodeForm([...FIELDS, file(await imageOfSize('image/jpeg', 2 * MIB))]);
      const upload = open(form.length);
      await upload.write(form.subarray(0, form.length / 3));
      await putOf();
      await upload.write(form.subarray(form.length / 3));
      upload.end();
      expect((await upload.answer).status).toBe(200);
    });

    it('holds back a client while Imgwire takes no bytes', async () => {
      const stall = emulator.faults.add({ route: 'put', stallAfterBytes: MIB });
      const form = encodeForm([file(await imageOfSize('image/jpeg', 40 * MIB))]);
      const upload = open(form.length);
      let written = 0;
      const writing = (async () => {
        for (; written < form.length; written += MIB)
          await upload.write(form.subarray(written, written + MIB));
      })();
      await putOf();
      // Others send as much meanwhile.
      for (const size of [19 * MIB, 21 * MIB]) {
        expect((await post(await imageOfSize('image/jpeg', size))).status).toBe(200);
      }
      expect(written).toBeLessThan(form.length);
      stall.remove();
      await writing;
      upload.end();
      expect((await upload.answer).status).toBe(200);
    });

    it('undoes the upload of a client that leaves', async () => {
      const form = encodeForm([...FIELDS, file(await imageOfSize('image/jpeg', 2 * MIB))]);
      const upload = open(form.length);
      await upload.write(form.subarray(0, form.length / 2));
      await putOf();
      upload.request.destroy();
      await deleted();
      expect(emulator.images.list()).toEqual([]);
      expect((await post(await imageOfSize('image/jpeg', 70_000))).status).toBe(200);
    });
  } else {
    it('has the whole body before the handler runs', async () => {
      const form = encodeForm([...FIELDS, file(await imageOfSize('image/jpeg', 2 * MIB))]);
      const upload = open(form.length);
      await upload.write(form.subarray(0, -1));
      // Another upload comes and goes meanwhile.
      expect((await post(await imageOfSize('image/jpeg', 70_000))).status).toBe(200);
      expect(emulator.requests.map(({ route }) => route)).toEqual(['create', 'put']);
      await upload.write(form.subarray(-1));
      upload.end();
      expect((await upload.answer).status).toBe(200);
    });
  }

  const leaveAtTheEnd = async (): Promise<void> => {
    const form = encodeForm([file(await imageOfSize('image/jpeg', 70_000))]);
    const upload = open(form.length);
    upload.request.end(form);
    await putOf();
    upload.request.destroy();
  };

  if (platform.noticesLeaving) {
    it('undoes the upload of a client that leaves when it has sent everything', async () => {
      emulator.faults.add({ route: 'put', hang: true });
      await leaveAtTheEnd();
      await deleted();
      expect(emulator.images.list()).toEqual([]);
    });
  } else {
    it('finishes the upload of a client that leaves when it has sent everything', async () => {
      emulator.faults.add({ route: 'put', delayMs: 500 });
      await leaveAtTheEnd();
      await emulator.waitFor(({ requests }) =>
        requests.some(({ route, status }) => route === 'put' && status === 200),
      );
      expect(emulator.images.list()).toHaveLength(1);
    });
  }

  it('deletes with discardOnError the images of a client that leaves in the middle of the response', async () => {
    const form = encodeForm([file(await imageOfSize('image/jpeg', 70_000))]);
    const type = { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` };
    const upload = request(`${app.url}/streamed`, { method: 'POST', headers: { ...headers(), ...type } });
    upload.end(form);
    const [incoming] = (await once(upload, 'response')) as [IncomingMessage];
    await once(incoming, 'data');
    expect([incoming.statusCode, emulator.images.list().length]).toEqual([200, 1]);
    incoming.destroy();
    await deleted();
    expect(emulator.images.list()).toEqual([]);
  });

  it('deletes with discardOnError the images of a handler that throws', async () => {
    const parts = [file(await imageOfSize('image/jpeg', 70_000))];
    const { status } = await postForm(`${app.url}/failing`, parts, { headers: headers() });
    expect(status).toBe(500);
    await deleted();
    expect(emulator.images.list()).toEqual([]);
  });

  it('stores two images that arrive at once', async () => {
    const both = [await imageOfSize('image/jpeg', 2 * MIB), await imageOfSize('image/jpeg', 3 * MIB)];
    const answers = await Promise.all(both.map(post));
    expect(answers.map(({ json }) => emulator.images.sha256(json.image.id))).toEqual(both.map(sha256));
  });

  it('serves a client whose file was rejected again on its connection, or on a new one', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const send = async (bytes: Uint8Array): Promise<number> =>
      (await postForm(`${app.url}/avatar`, [file(bytes)], { agent, headers: headers() })).status;
    expect(await send(textNamedPng.bytes)).toBe(415);
    expect(await send(await imageOfSize('image/jpeg', 70_000))).toBe(200);
    agent.destroy();
  });

  const { ownLimit } = platform;
  if (ownLimit) {
    it.each([false, true])('answers a body above its own limit with its 413: chunked %s', async (chunked) => {
      const limited = await startProject({ ...platform, env: ownLimit.env }, folder, emulator);
      try {
        const parts = [file(await imageOfSize('image/jpeg', ownLimit.bytes + 100_000))];
        const options = { chunked, headers: { origin: limited.url } };
        const { status, text } = await postForm(`${limited.url}/avatar`, parts, options);
        expect([status, text]).toEqual([413, expect.stringMatching(ownLimit.said)]);
        await emulator.waitFor(({ requests }) => requests.every(({ state }) => state !== 'open'));
        expect(emulator.images.list()).toEqual([]);
      } finally {
        await limited.close();
      }
    });
  }

  if (platform.lists) {
    it('shows on a page an image that was uploaded after the build', async () => {
      const page = async (): Promise<string> => (await fetch(`${app.url}/images`)).text();
      expect(await page()).toContain('<ul></ul>');
      const { json } = await post(await imageOfSize('image/jpeg', 70_000));
      expect(await page()).toContain(json.image.id);
    });

    it('issues a token from a route that was built without a key', async () => {
      const issued = await fetch(`${app.url}/token`, { method: 'POST', headers: headers() });
      expect(await issued.json()).toMatchObject({ uploadToken: expect.any(String) });
    });
  }
});
