import { fileURLToPath } from 'node:url';
import type { ImgwireOptions } from '@imgwire/core';

/** How the import reaches Imgwire, and how to close that. */
export interface ImportService {
  readonly options: ImgwireOptions;
  close(): Promise<void>;
}

/** The real Imgwire if a key is set, an emulator otherwise; it keeps its images in `.imgwire`, for the next run. */
export async function openService(): Promise<ImportService> {
  if (process.env['IMGWIRE_API_KEY']) return { options: {}, close: async () => undefined };
  // Imported lazily, so that the emulator is not loaded with the real service.
  const { startEmulator } = await import('@imgwire/emulator');
  const dir = fileURLToPath(new URL('../.imgwire', import.meta.url));
  const emulator = await startEmulator({ dir });
  console.info(`Images are stored by the emulator, in ${dir}`);
  return { options: { apiKey: emulator.apiKey, baseUrl: emulator.url }, close: () => emulator.close() };
}
