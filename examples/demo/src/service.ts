import type { ImgwireOptions } from '@imgwire/express';
import type { StoredBy } from './app.ts';

/** How the demo reaches Imgwire, and what to say about it. */
export interface DemoService extends StoredBy {
  readonly options: ImgwireOptions;
}

/** The real Imgwire if you set a key, an emulator in this process otherwise. */
export async function openService(): Promise<DemoService> {
  if (process.env['IMGWIRE_API_KEY']) return { name: 'Imgwire, with your IMGWIRE_API_KEY', options: {} };
  // Imported lazily, so that the emulator is not loaded with the real service.
  const { startEmulator } = await import('@imgwire/emulator');
  const { url, apiKey } = await startEmulator();
  return { name: `the emulator at ${url}`, page: url, options: { apiKey, baseUrl: url } };
}
