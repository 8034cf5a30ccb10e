import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';

const folder = import.meta.dirname;

/** Where the images go, and what the app needs in its environment for that. */
interface ExampleService {
  readonly name: string;
  readonly env: Readonly<Record<string, string>>;
}

/** The real Imgwire if a key is set, an emulator in this process otherwise. */
async function openService(): Promise<ExampleService> {
  if (process.env['IMGWIRE_API_KEY']) return { name: 'Imgwire, with your IMGWIRE_API_KEY', env: {} };
  // Imported lazily, so that the emulator is not loaded with the real service.
  const { startEmulator } = await import('@imgwire/emulator');
  const { url, apiKey } = await startEmulator();
  return {
    name: `the emulator at ${url}`,
    env: { IMGWIRE_API_KEY: apiKey, IMGWIRE_API_BASE_URL: url },
  };
}

const { name, env } = await openService();
console.info(`Images are stored by ${name}. Open the address below, and sign in to upload.`);

const next = createRequire(import.meta.url).resolve('next/dist/bin/next');
const port = process.env['PORT'] ?? '3004';
const child = spawn(process.execPath, [next, 'dev', folder, '--hostname', '127.0.0.1', '--port', port], {
  stdio: 'inherit',
  env: { NEXT_TELEMETRY_DISABLED: '1', ...process.env, ...env },
});
// Ctrl-C reaches both; others end only this process.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
child.on('exit', (code) => process.exit(code ?? 0));
