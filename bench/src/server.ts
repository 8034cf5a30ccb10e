import type { Server } from 'node:http';
import { register } from 'node:module';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { ARMS, STORELESS_ARMS } from './arms.ts';
import { measure, type Usage } from './measure.ts';
import { countObjects, type ObjectCounts, type SampledBytes, sampleHeap, watchGlobals } from './objects.ts';
import { profile } from './profile.ts';
import { answerQuestions } from './worker.ts';

/** What can be found out about a run; one thing at a time, since each disturbs the others. */
export interface Measurements {
  readonly cpu: Usage;
  /** The same, after a collection. */
  readonly memory: Usage;
  /** Only in a process that was started with BENCH_OBJECTS. */
  readonly objects: ObjectCounts;
  readonly allocated: SampledBytes;
  readonly kept: SampledBytes;
}

export type Measurement = keyof Measurements;

export type ServerQuestion =
  | { do: 'url' }
  | { do: 'begin'; what: Measurement }
  | { do: 'end' }
  /** How many connections are open. */
  | { do: 'connections' };

type Finish<Found> = () => Found | Promise<Found>;

const BEGIN: {
  readonly [What in Measurement]: () => Finish<Measurements[What]> | Promise<Finish<Measurements[What]>>;
} = {
  cpu: () => measure(false),
  memory: () => measure(true),
  objects: countObjects,
  allocated: () => sampleHeap(false),
  kept: () => sampleHeap(true),
};

/** The process under test: `server.mjs <arm> <url of the API> <options as JSON>`. */
const [name = '', baseUrl = '', options = '{}'] = process.argv.slice(2);
const arm = [...ARMS, ...STORELESS_ARMS].find((known) => known.name === name);
if (!arm) throw new Error(`There is no arm ${name}`);
if (process.env['BENCH_CONSTANT']) register(new URL('./constant-hooks.mjs', import.meta.url));
if (process.env['BENCH_OBJECTS']) watchGlobals();
const { start } = await arm.load();
const server: Server = await start({ baseUrl, apiKey: 'sk_bench', ...(JSON.parse(options) as object) });
let end: Finish<unknown> | undefined;

/** Where profiles go, if there are to be any. */
const profiles = process.env['BENCH_PROFILES'];
let runs = 0;

/** Measures a run. The first one warms up, so that none of the profiles is about compiling. */
async function begin({ what }: Extract<ServerQuestion, { do: 'begin' }>): Promise<void> {
  runs += 1;
  const endProfile = profiles !== undefined && runs > 1 ? await profile() : undefined;
  const finish = await BEGIN[what]();
  end = async () => {
    const found = await finish();
    await endProfile?.(`${profiles}/${name}-${runs - 1}.cpuprofile`);
    return found;
  };
}

answerQuestions<ServerQuestion>({
  url: () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/upload`,
  begin,
  end: () => end?.(),
  connections: () => promisify(server.getConnections.bind(server))(),
});
