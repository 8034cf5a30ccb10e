import { readArguments, type Settings, USAGE } from './arguments.ts';
import { run } from './run.ts';
import { describeSummary } from './summary.ts';

function settingsOf(args: readonly string[]): Settings | undefined {
  try {
    const settings = readArguments(args);
    if (!settings) console.info(USAGE);
    return settings;
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    return process.exit(2);
  }
}

/** Runs every target for its share of the time. Answers whether nothing was found. */
async function chaos({ seed, minutes, concurrency, targets }: Settings): Promise<boolean> {
  let clean = true;
  for (const [name, target] of targets) {
    const share = minutes / targets.length;
    const end = performance.now() + share * 60_000;
    const { findings, summary } = await run({
      ...{ target, seed, concurrency, clients: 2 * concurrency },
      goesOn: () => performance.now() < end,
    });
    console.info(`${name}, seed ${seed}: ${findings.length} findings`);
    console.info(describeSummary(summary));
    if (findings.length === 0) continue;
    clean = false;
    console.error(findings.map((finding) => `  ! ${finding}`).join('\n'));
    console.error(
      `Again: npm run chaos -- --seed ${seed} --minutes ${share} --target ${name} --concurrency ${concurrency}`,
    );
  }
  return clean;
}

const settings = settingsOf(process.argv.slice(2));
if (settings) process.exitCode = (await chaos(settings)) ? 0 : 1;
