import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module.ts';
import { serveDocs } from './docs.ts';

/** Without an API key, images go to an emulator and rows to memory; both are lost when the process exits. */
async function connect(): Promise<string> {
  if (process.env['IMGWIRE_API_KEY']) return 'Imgwire, with your key';
  // Imported lazily, so that the emulator is not loaded with the real service.
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
