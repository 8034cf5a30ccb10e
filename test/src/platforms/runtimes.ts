import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { packPackages, run } from '../nest/nest-project.ts';
import { createConsumer } from '../packages/packed/consumer.ts';
import { bring, bringNode, cache } from './bring.ts';

// Runs the suite on every Node that is supported, and the packed Express application on Bun, one after the other:
// `npm run runtimes`, `npm run runtimes -- 22 bun`, `npm run runtimes -- 26 test/src/upload/memory.soak.test.ts`.

interface Row {
  readonly runtime: string;
  readonly version: string;
  readonly passed: number;
  readonly failed: number;
  readonly seconds: number;
}

/** What a run ended with, and which of it failed and why. */
interface Outcome {
  readonly passed: number;
  readonly failures: readonly string[];
}

// The first is the lowest of `engines`.
const NODES = ['20.19.0', '20', '22', '24', '26'];
// What happens in the browser is the same on every Node.
const NOT_ON_NODE = '**/*browser.test.ts';
const root = fileURLToPath(new URL('../../../', import.meta.url));
const BUN_PLATFORM = process.platform === 'win32' ? 'windows' : process.platform;
const BUN_ARCH = process.arch === 'arm64' ? 'aarch64' : process.arch;

async function suiteOnNode(node: string, filters: readonly string[]): Promise<Outcome> {
  const report = join(cache, 'report.json');
  await rm(report, { force: true });
  const args = ['run', ...filters, '--exclude', NOT_ON_NODE, '--exclude', '**/node_modules/**'];
  const child = spawn(
    node,
    [
      join(root, 'node_modules/vitest/vitest.mjs'),
      ...args,
      '--reporter=dot',
      '--reporter=json',
      '--outputFile.json',
      report,
    ],
    // Tests that start `node` by its name must start this one.
    {
      cwd: root,
      stdio: 'inherit',
      env: { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env['PATH']}` },
    },
  );
  await once(child, 'exit');
  const { numPassedTests, testResults } = JSON.parse(await readFile(report, 'utf8')) as {
    numPassedTests: number;
    testResults: {
      name: string;
      status: string;
      message: string;
      assertionResults: { status: string; fullName: string; failureMessages: string[] }[];
    }[];
  };
  const failures = testResults.flatMap(({ name, status, message, assertionResults }) => {
    const failed = assertionResults.filter((test) => test.status === 'failed');
    if (status === 'failed' && failed.length === 0) return [`${name}\n${message}`];
    return failed.map((test) => `${name} > ${test.fullName}\n${test.failureMessages.join('\n')}`);
  });
  return { passed: numPassedTests, failures };
}

async function applicationOnBun(bun: string): Promise<Outcome> {
  await run(root, process.execPath, 'node_modules/tsdown/dist/run.mjs', '--silent');
  const tarballs = await packPackages(['core', 'express', 'emulator']);
  const folder = await createConsumer(tarballs, { express: '^5.0.0' });
  const failures: string[] = [];
  for (const program of ['express.mjs', 'express.cjs']) {
    const failure = await run(folder, bun, program).then(whatIsWrong, String);
    if (failure) failures.push(`${program}\n${failure}`);
  }
  const [tarball = ''] = tarballs.values();
  await rm(dirname(tarball.replace('file:', '')), { recursive: true });
  await rm(folder, { recursive: true });
  return { passed: 2 - failures.length, failures };
}

function whatIsWrong(printed: string): string | undefined {
  const { stored, streamed, refused, sameBytes } = JSON.parse(printed);
  const statuses = [stored.status, streamed, refused.status].join();
  const right = statuses === '200,200,415' && sameBytes.join() === 'true,true';
  return right ? undefined : printed;
}

async function measure(runtime: string, filters: readonly string[]): Promise<Row> {
  const isBun = runtime === 'bun';
  const binary = isBun
    ? await bring(`@oven/bun-${BUN_PLATFORM}-${BUN_ARCH}`, 'latest', 'bin/bun')
    : await bringNode(runtime);
  const version = (await run(root, binary, '--version')).trim();
  const begun = performance.now();
  const { passed, failures } = await (isBun ? applicationOnBun(binary) : suiteOnNode(binary, filters));
  for (const failure of failures) console.error(`\n${isBun ? 'Bun' : 'Node'} ${version}: ${failure}`);
  const seconds = Math.round((performance.now() - begun) / 1000);
  return { runtime: isBun ? 'Bun' : 'Node', version, passed, failed: failures.length, seconds };
}

const isRuntime = (arg: string): boolean => arg === 'bun' || /^\d+(\.\d+)*$/.test(arg);
const args = process.argv.slice(2);
const chosen = args.filter(isRuntime);
const rows: Row[] = [];
for (const runtime of chosen.length > 0 ? chosen : [...NODES, 'bun']) {
  rows.push(
    await measure(
      runtime,
      args.filter((arg) => !isRuntime(arg)),
    ),
  );
}
console.table(rows);
process.exitCode = rows.some(({ failed }) => failed > 0) ? 1 : 0;
