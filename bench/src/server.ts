import type { Server } from 'node:http';
import { register } from 'node:module';
import type { AddressInfo } from 'node:net';
import { ARMS } from './arms.ts';
import { measure, type Usage } from './measure.ts';
import { profile } from './profile.ts';
import { answerQuestions } from './worker.ts';

export type ServerQuestion = { do: 'url' } | { do: 'begin'; collect: boolean } | { do: 'end' };

/** The process under test: `server.mjs <arm> <url of the sink> <options as JSON>`. */
const [name = '', baseUrl = '', options = '{}'] = process.argv.slice(2);
const arm = ARMS.find((known) => known.name === name);
if (!arm) throw new Error(`There is no arm ${name}`);
if (process.env['BENCH_CONSTANT']) register(new URL('./constant-hooks.mjs', import.meta.url));
const { start } = await arm.load();
const server: Server = await start({ baseUrl, apiKey: 'sk_bench', ...(JSON.parse(options) as object) });
let end: (() => Promise<Usage>) | undefined;

/** Where profiles go, if there are to be any. */
const profiles = process.env['BENCH_PROFILES'];
let runs = 0;

/** Measures a run. The first one warms up, so that none of the profiles is about compiling. */
async function begin({ collect }: Extract<ServerQuestion, { do: 'begin' }>): Promise<void> {
  runs += 1;
  const endProfile = profiles !== undefined && runs > 1 ? await profile() : undefined;
  const measured = measure(collect);
  end = async () => {
    const usage = measured();
    await endProfile?.(`${profiles}/${name}-${runs - 1}.cpuprofile`);
    return usage;
  };
}

answerQuestions<ServerQuestion>({
  url: () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/upload`,
  begin,
  end: () => end?.(),
});
