import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module.ts';

/** Without a key of yours the images go to a local Imgwire, their rows to memory, and both forget them when the program ends. */
async function connect(): Promise<void> {
  if (process.env['IMGWIRE_API_KEY']) return;
  const { startEmulator } = await import('@imgwire/emulator');
  const emulator = await startEmulator();
  process.env['IMGWIRE_API_KEY'] = emulator.apiKey;
  process.env['IMGWIRE_API_BASE_URL'] = emulator.url;
  process.env['GALLERY_DATABASE'] ??= ':memory:';
}

async function main(): Promise<void> {
  await connect();
  const app = await NestFactory.create(AppModule);
  app.enableShutdownHooks();
  await app.listen(process.env['PORT'] ?? 3000);
  process.stdout.write(`The gallery is at ${await app.getUrl()}/gallery\n`);
}

void main();
