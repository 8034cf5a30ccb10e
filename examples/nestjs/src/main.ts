import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module.ts';
import { serveDocs } from './docs.ts';

/** Without a key of yours the images go to a local Imgwire, their rows to memory, and both forget them when the program ends. */
async function connect(): Promise<string> {
  if (process.env['IMGWIRE_API_KEY']) return 'Imgwire, with your key';
  // Only here, so that nothing of the emulator is loaded where the real service is used.
  const { startEmulator } = await import('@imgwire/emulator');
  const emulator = await startEmulator();
  process.env['IMGWIRE_API_KEY'] = emulator.apiKey;
  process.env['IMGWIRE_API_BASE_URL'] = emulator.url;
  process.env['GALLERY_DATABASE'] ??= ':memory:';
  return `the emulator at ${emulator.url}`;
}

async function main(): Promise<void> {
  const service = await connect();
  const app = await NestFactory.create(AppModule, { logger: ['error', 'warn'] });
  app.enableShutdownHooks();
  serveDocs(app);
  await app.listen(process.env['PORT'] ?? 3003, '127.0.0.1');
  const url = await app.getUrl();
  console.info(`The gallery is at ${url}/gallery, Swagger UI at ${url}/docs
Images are stored by ${service}

From a terminal:
  curl -H 'x-user: ann' -F title=Lake -F image=@examples/demo/lake.jpg ${url}/gallery`);
}

void main();
