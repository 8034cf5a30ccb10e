import { parseArgs } from 'node:util';
import { printFinding, printReport } from './print-finding.ts';
import { type ProbeReport, probe } from './probe.ts';

const HELP = `imgwire-emulator probe: asks Imgwire whether it does what this repository assumes

Usage: IMGWIRE_API_KEY=sk_… imgwire-emulator probe [options]

It makes at most thirty images, all but one of one pixel, looks, and deletes them. Nothing
else of the Environment is changed. If it is stopped, it deletes what it has made first. It ends
with 1 if it is stopped, or if anything is different from what is assumed.

Options
  --base-url <url>      the API (IMGWIRE_API_BASE_URL, or https://api.imgwire.dev)
  --page-url <url>      a public page that is no image (https://example.com/)
  --redirect-url <url>  a public URL that redirects to an image; without it that is not asked
  --json                print one line of JSON instead of text
  --help                this text
`;

const FLAGS = {
  'base-url': { type: 'string' },
  'page-url': { type: 'string' },
  'redirect-url': { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

const STOPPING = 'imgwire-emulator: stopping, what was made is deleted first\n';

/**
 * Runs a probe, and stops it by the signals that stop a process, and when nobody reads its output any more, as with `| head`. A
 * signal that comes again is ignored: a package manager sends the terminal's once more.
 */
async function untilStopped(run: (signal: AbortSignal) => Promise<ProbeReport>): Promise<ProbeReport> {
  const stopping = new AbortController();
  const stop = (): void => {
    if (!stopping.signal.aborted) process.stderr.write(STOPPING);
    stopping.abort();
    process.exitCode = 1;
  };
  for (const name of SIGNALS) process.on(name, stop);
  process.stdout.on('error', stop);
  try {
    return await run(stopping.signal);
  } finally {
    for (const name of SIGNALS) process.off(name, stop);
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Runs the command. @throws Error without a key, or for one that the service rejects */
export async function runProbe(args: readonly string[], environment: NodeJS.ProcessEnv): Promise<void> {
  const { values } = parseArgs({ args: [...args], options: FLAGS });
  const print = (text: string): void => void process.stdout.write(`${text}\n`);
  if (values.help) return print(HELP.trimEnd());
  const apiKey = environment['IMGWIRE_API_KEY'];
  if (!apiKey) throw new Error('set IMGWIRE_API_KEY in the environment to a server key (sk_…).');
  const options = {
    apiKey,
    baseUrl: values['base-url'] ?? environment['IMGWIRE_API_BASE_URL'],
    pageUrl: values['page-url'],
    redirectUrl: values['redirect-url'],
    clientKey: environment['IMGWIRE_CLIENT_KEY'],
  };
  const report = await untilStopped((signal) =>
    probe({ ...options, signal }, (finding) => (values.json ? undefined : print(printFinding(finding)))),
  );
  print(values.json ? JSON.stringify(report) : `\n${printReport(report)}`);
  const isDifferent = report.findings.some(({ outcome }) => outcome === 'different');
  if (isDifferent || report.left.length > 0) process.exitCode = 1;
}
