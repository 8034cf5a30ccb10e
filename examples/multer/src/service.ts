import type { ImgwireOptions } from '@imgwire/express';

/** Where the images go. */
export interface ExampleService {
  readonly name: string;
  readonly options: ImgwireOptions;
}

/** The real Imgwire if a key is set, an emulator in this process otherwise. */
export async function openService(): Promise<ExampleService> {
  if (process.env['IMGWIRE_API_KEY']) return { name: 'Imgwire, with your IMGWIRE_API_KEY', options: {} };
  // Imported lazily, so that the emulator is not loaded with the real service.
  const { startEmulator } = await import('@imgwire/emulator');
  const { url, apiKey } = await startEmulator();
  return { name: `the emulator at ${url}`, options: { apiKey, baseUrl: url } };
}
