import { type Emulator, type EmulatorRequest, startEmulator } from '@imgwire/emulator';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BOUNDARY, encodeForm, openPost, type Part, postBody } from '../support/client.ts';
import { imageOfSize } from '../support/images.ts';
import { openTemporaryFiles } from '../support/leftovers.ts';
import { casesFor, inFull } from '../support/sample.ts';
import { type RunningTarget, TARGETS, type TargetOptions } from '../support/targets.ts';
import { throughTransports } from '../support/transports.ts';
import { sha256 } from '../support/upload-suite.ts';

const MIB = 1024 * 1024;
const TEXT: Part = { name: 'caption', value: 'behind the file' };
const file = async (size: number, name = 'avatar'): Promise<Part & { readonly bytes: Uint8Array }> => ({
  name,
  fileName: 'a.jpg',
  bytes: await imageOfSize('image/jpeg', size),
});

/** Forms whose files do not have the length that a form of one file would have, and how many files they have. */
const FORMS: Readonly<Record<string, () => Promise<Buffer>>> = {
  'a file and a text behind it': async () => encodeForm([await file(400_000), TEXT]),
  'a large file and a text behind it': async () => encodeForm([await file(3 * MIB), TEXT]),
  'three files': async () =>
    encodeForm(await Promise.all(Array.from({ length: 3 }, () => file(700_000, 'photos')))),
  'six files': async () =>
    encodeForm(await Promise.all(Array.from({ length: 6 }, () => file(300_000, 'upload')))),
  'a file and no line end behind the form': async () => encodeForm([await file(400_000)]).subarray(0, -2),
};

describe.each(throughTransports(TARGETS))('a route of $name, over $transport', ({ target, connect }) => {
  let emulator: Emulator;
  let app: RunningTarget;
  beforeEach(async () => {
    emulator = await startEmulator();
  });
  afterEach(async () => {
    await app.close();
    await emulator.close();
    await expect.poll(() => openTemporaryFiles()).toEqual([]);
  });
  const start = async (options: TargetOptions = {}): Promise<void> => {
    app = await target.start({ ...connect(emulator), ...options });
  };
  const count = (route: EmulatorRequest['route']): number =>
    emulator.requests.filter((request) => request.route === route).length;
  const isStored = (bytes: Uint8Array, id: string): void =>
    expect(emulator.images.sha256(id)).toBe(sha256(bytes));
  /** Posts a form, and returns what it has cost. */
  const costOf = async (
    body: Buffer,
  ): Promise<{ records: number; puts: number; deletes: number; share: number }> => {
    emulator.requests.length = 0;
    const { status, json } = await postBody(`${app.url}/any`, body);
    expect(status).toBe(200);
    const size = json.files.reduce((sum: number, each: { size: number }) => sum + each.size, 0);
    const received = emulator.requests.reduce(
      (sum, { route, bytesReceived }) => sum + (route === 'put' ? bytesReceived : 0),
      0,
    );
    const files = json.files.length;
    return {
      ...{ records: count('create') / files, puts: count('put') / files, deletes: count('delete') },
      share: received / size,
    };
  };

  it.each(casesFor(target, Object.entries(FORMS)))(
    'sends each file once from its third form on: %s',
    async (_name, make) => {
      await start();
      const body = await make();
      for (let form = 0; form < 2; form += 1) await postBody(`${app.url}/any`, body);
      for (let form = 0; form < 2; form += 1) {
        expect(await costOf(body)).toEqual({ records: 1, puts: 1, deletes: 0, share: 1 });
      }
    },
  );

  // What follows is core's to decide.
  if (!inFull(target)) return;

  it('stores what it was sent, whatever it has expected', async () => {
    await start();
    const [one, other] = await Promise.all([file(400_000), file(500_000)]);
    const forms: [Buffer, Uint8Array][] = [
      [encodeForm([one]), one.bytes],
      [encodeForm([other, TEXT]), other.bytes],
    ];
    for (const at of [0, 1, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1]) {
      const [body, bytes] = forms[at] ?? [];
      const { json } = await postBody(`${app.url}/any`, body ?? Buffer.alloc(0));
      isStored(bytes ?? Buffer.alloc(0), json.images[0].id);
    }
    expect(emulator.images.list().filter(({ status }) => status !== 'READY')).toEqual([]);
  });

  it('costs no more where forms come in turn than where nothing is expected of them', async () => {
    await start();
    const forms = [encodeForm([await file(400_000)]), encodeForm([await file(400_000), TEXT])];
    const costs = [];
    for (let form = 0; form < 12; form += 1) costs.push(await costOf(forms[form % 2] ?? Buffer.alloc(0)));
    // A file with a text behind it costs two records, where it is sent at once.
    expect(costs.reduce((sum, { records }) => sum + records, 0)).toBeLessThanOrEqual(18);
    expect(costs.reduce((sum, { share }) => sum + share, 0)).toBeLessThanOrEqual(18);
  });

  it('keeps no file that is expected to have a text behind it in a slot while it arrives', async () => {
    await start();
    const body = encodeForm([await file(MIB), TEXT]);
    for (let form = 0; form < 2; form += 1) await postBody(`${app.url}/any`, body);
    emulator.requests.length = 0;
    const post = openPost(`${app.url}/any`, body.length);
    await post.write(body.subarray(0, 900_000));
    await expect.poll(() => openTemporaryFiles()).toEqual([]);
    expect(emulator.requests).toEqual([]);
    post.request.end(body.subarray(900_000));
    const { status, json } = await post.answer;
    expect([status, json.files[0].lengthSource]).toEqual([200, 'spool']);
  });

  it('sends the last file of a form while it arrives, also where others are in front of it', async () => {
    await start();
    const files = await Promise.all([file(MIB, 'photos'), file(MIB, 'photos')]);
    const body = encodeForm(files);
    for (let form = 0; form < 3; form += 1) await postBody(`${app.url}/any`, body);
    emulator.requests.length = 0;
    const post = openPost(`${app.url}/any`, body.length);
    await post.write(body.subarray(0, -300_000));
    await emulator.waitFor(({ requests }) =>
      requests.some(
        ({ route, bytesReceived, state }) => route === 'put' && state === 'open' && bytesReceived > 100_000,
      ),
    );
    post.request.end(body.subarray(-300_000));
    const { json } = await post.answer;
    expect(json.files.map(({ lengthSource }: { lengthSource: string }) => lengthSource)).toEqual([
      'spool',
      'computed',
    ]);
  });

  it('learns nothing from a form that breaks off', async () => {
    await start();
    const body = encodeForm([await file(MIB)]);
    for (let form = 0; form < 5; form += 1) {
      const post = openPost(`${app.url}/any`, body.length);
      await post.write(body.subarray(0, 500_000));
      post.request.destroy();
      await expect.poll(() => app.errors.length).toBe(form + 1);
    }
    const { json } = await postBody(`${app.url}/any`, body);
    expect(json.files[0].lengthSource).toBe('computed');
  });

  it('learns nothing from a form that is rejected', async () => {
    await start();
    const wrong: Part = { name: 'avatar', fileName: 'a.jpg', bytes: Buffer.from('no image') };
    for (let form = 0; form < 3; form += 1) {
      expect(await postBody(`${app.url}/any`, encodeForm([wrong, TEXT]))).toMatchObject({ status: 415 });
    }
    const { json } = await postBody(`${app.url}/any`, encodeForm([await file(MIB)]));
    expect(json.files[0].lengthSource).toBe('computed');
  });

  it('has no copies with `replay: false`, and rejects such a form as often as it comes', async () => {
    await start({ replay: false });
    const body = encodeForm([await file(400_000), TEXT]);
    for (let form = 0; form < 4; form += 1) {
      const { json } = await postBody(`${app.url}/any`, body);
      expect(json).toMatchObject({ status: 411, code: 'LENGTH_REQUIRED' });
    }
  });

  it('learns for each field and each place', async () => {
    await start();
    const followed = encodeForm([await file(400_000, 'avatar'), TEXT]);
    for (let form = 0; form < 3; form += 1) await postBody(`${app.url}/any`, followed);
    const { json } = await postBody(`${app.url}/any`, encodeForm([await file(400_000, 'photos')]));
    expect(json.files[0].lengthSource).toBe('computed');
  });

  it('receives such a file on disk where it does not fit into the memory for copies', async () => {
    await start({ maxReplayBytes: 0 });
    const body = encodeForm([await file(MIB), TEXT], BOUNDARY);
    for (let form = 0; form < 2; form += 1) await postBody(`${app.url}/any`, body);
    const post = openPost(`${app.url}/any`, body.length);
    await post.write(body.subarray(0, 900_000));
    await expect.poll(() => openTemporaryFiles()).toHaveLength(1);
    post.request.end(body.subarray(900_000));
    expect((await post.answer).json.files[0].lengthSource).toBe('spool');
  });
});
