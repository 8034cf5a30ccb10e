import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { type Child, endChild, startChild } from '../support/child.ts';
import { type Begun, declare, postJson, put } from '../support/direct-client.ts';
import { noteStates, passTime } from '../support/due-notes.ts';
import { makeImage } from '../support/images.ts';
import { type NoteSetup, startNotes } from '../support/note-setup.ts';
import { describeWithRedis } from '../support/redis.ts';

const UPLOADS = 1_000;
const png = await makeImage('image/png', { width: 8, height: 8 });

describeWithRedis('direct uploads whose processes are killed', () => {
  let setup: NoteSetup;
  beforeAll(async () => {
    setup = await startNotes();
  });
  afterAll(() => setup.close());
  const children: Child[] = [];
  afterEach(async () => {
    for (const child of children.splice(0)) await endChild(child, 'SIGKILL');
    await setup.emulator.reset();
    await setup.redis.flushall();
  });

  async function start(options: object = {}): Promise<Child> {
    const { emulator, connection } = setup;
    const api = { apiKey: emulator.apiKey, baseUrl: emulator.url };
    const child = await startChild('direct-server.ts', { api, connection, ...options });
    children.push(child);
    return child;
  }

  it('of which one takes over from a killed completion and throws, keep what that has stored', async () => {
    const killed = await start({ stand: 'store' });
    const { uploads } = await postJson(`${killed.line}/photos`, { files: [declare(png)] });
    const [begun] = uploads as [Begun];
    await put(begun, png);
    const told = once(killed.process.stdout as NodeJS.ReadableStream, 'data');
    const cut = postJson(`${killed.line}/photos`, { completed: [begun.ticket] }).catch(() => undefined);
    await told;
    await endChild(killed, 'SIGKILL');
    await cut;
    await passTime(setup.redis);
    const next = await start({ throws: 1 });
    expect(await postJson(`${next.line}/photos`, { completed: [begun.ticket] })).toMatchObject({
      status: 500,
    });
    expect(await noteStates(setup.redis)).toEqual(['doubted']);
    await setup.sweep(setup.hasRow);
    expect(setup.left()).toEqual([begun.imageId]);
  });

  const KILLS = [
    ['issue', 'open', false, false],
    ['create', 'open', false, false],
    ['begin', 'storing', true, false],
    ['store', 'storing', true, true],
    ['end', 'done', true, true],
  ] as const;

  it.each(KILLS)(
    'of a process that is killed after "%s" are %s; then kept: %s, and with isStored: %s',
    async (stand, state, isKept, isKeptWithIsStored) => {
      for (const isStored of [undefined, setup.hasRow]) {
        const child = await start({ stand });
        const url = `${child.line}/photos`;
        const told = once(child.process.stdout as NodeJS.ReadableStream, 'data');
        const work = (async () => {
          const { uploads } = await postJson(url, { files: [declare(png)] });
          const [begun] = uploads as [Begun];
          await put(begun, png);
          await postJson(url, { completed: [begun.ticket] });
        })().catch(() => undefined);
        await told;
        await endChild(child, 'SIGKILL');
        await work;
        expect(await noteStates(setup.redis)).toEqual([state]);
        await setup.sweep(isStored);
        expect(setup.left()).toHaveLength((isStored ? isKeptWithIsStored : isKept) ? 1 : 0);
        await setup.emulator.reset();
        await setup.redis.del('rows', 'calls');
      }
    },
  );

  it(`leave nothing incomplete of ${UPLOADS} uploads whose processes are killed, and lose none that is stored`, async () => {
    const told = new Set<string>();
    let begun = 0;
    let kills = 0;
    let seed = 1;
    const random = (): number => {
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
      return seed / 2 ** 32;
    };
    const upload = async (url: string): Promise<void> => {
      const { uploads } = await postJson(url, { files: [declare(png)] });
      const [mine] = uploads as [Begun];
      const part = random();
      if (part < 0.1) return;
      await put(mine, png);
      for (let attempt = 0; part >= 0.2 && attempt < 4; attempt++) {
        const { status } = await postJson(url, { completed: [mine.ticket] });
        if (status !== 200) continue;
        told.add(mine.imageId);
        return;
      }
    };
    // Two servers side by side, each killed after a number of uploads at a moment that nobody chose.
    const serve = async (): Promise<void> => {
      while (begun < UPLOADS) {
        const child = await start({ throws: 0.1 });
        let ends = Math.min(UPLOADS - begun, 20 + Math.floor(random() * 30));
        const loop = async (): Promise<void> => {
          while (ends > 0 && begun < UPLOADS) {
            ends -= 1;
            begun += 1;
            await upload(`${child.line}/photos`);
          }
          // The others are still at work.
          await endChild(child, 'SIGKILL');
        };
        await Promise.allSettled(Array.from({ length: 6 }, loop));
        kills += 1;
      }
    };
    await Promise.all([serve(), serve()]);
    const rows = new Set(await setup.redis.smembers('rows'));
    await setup.sweep(setup.hasRow);
    const images = setup.emulator.images.list();
    expect(kills).toBeGreaterThan(1);
    expect([...told].filter((id) => !rows.has(id))).toEqual([]);
    expect(new Set(images.map(({ id }) => id))).toEqual(rows);
    expect(images.every(({ status }) => status === 'READY')).toBe(true);
    expect(rows.size).toBeGreaterThan(UPLOADS / 4);
  });
});
