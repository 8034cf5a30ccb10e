import {
  type Emulator,
  type EmulatorImage,
  type EmulatorRequest,
  type FaultHandle,
  startEmulator,
} from '@imgwire/emulator';

/** True only where both are the same type; `any` is the same as nothing else. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const is = <_True extends true>(): void => undefined;

export async function use(): Promise<void> {
  const emulator = await startEmulator({ port: 0, readyDelayMs: 10, idempotency: 'replay' });
  is<Same<typeof emulator, Emulator>>();
  // @ts-expect-error -- one of three words
  await startEmulator({ idempotency: 'never' });
  const fault = emulator.faults.add({ route: 'put', status: 503, times: 2 });
  is<Same<typeof fault, FaultHandle>>();
  // @ts-expect-error -- the name of no route
  emulator.faults.add({ route: 'nowhere' });
  const image = await emulator.waitFor(({ images }) => images.list()[0], { timeoutMs: 100 });
  is<Same<typeof image, EmulatorImage>>();
  const bytes = await emulator.images.bytes(image.id);
  is<Same<typeof bytes, Buffer | undefined>>();
  is<Same<(typeof emulator.requests)[number], EmulatorRequest>>();
  await emulator.reset();
  await emulator.close();
}
