import type { Emulator } from '@imgwire/emulator';
import { ImgwireModule } from '@imgwire/nestjs';
import { ImgwireTestingModule } from '@imgwire/nestjs/testing';
import { type INestApplicationContext, Module } from '@nestjs/common';

@Module({ imports: [ImgwireModule.forRoot(), ImgwireTestingModule.forRoot({ readyDelayMs: 200 })] })
export class LocalModule {}

export async function check(app: INestApplicationContext): Promise<string[]> {
  const testing: ImgwireTestingModule = app.get(ImgwireTestingModule);
  const emulator: Emulator = testing.emulator('archive');
  emulator.faults.add({ route: 'put', status: 503 });
  emulator.assertNothingPending();
  // @ts-expect-error: an option that is not there
  ImgwireTestingModule.forRoot({ readyDelay: 200 });
  await app.close();
  return emulator.images.list().map(({ id }) => id);
}
