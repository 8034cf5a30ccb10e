import type { ImgwireOptions } from '@imgwire/express';
import type { BrowserOptions } from './app.ts';

/** Where the images go, and with which keys. */
export interface ExampleService {
  readonly name: string;
  readonly server: ImgwireOptions;
  readonly browser: BrowserOptions;
}

/** The real Imgwire if both keys are set, an emulator in this process if neither is. */
export async function openService(): Promise<ExampleService> {
  const { IMGWIRE_API_KEY: serverKey, IMGWIRE_CLIENT_KEY: clientKey } = process.env;
  if (serverKey && clientKey) {
    const baseUrl = process.env['IMGWIRE_API_BASE_URL'] ?? 'https://api.imgwire.dev';
    return { name: 'Imgwire, with your keys', server: {}, browser: { apiKey: clientKey, baseUrl } };
  }
  if (serverKey || clientKey) throw new Error('Set both IMGWIRE_API_KEY and IMGWIRE_CLIENT_KEY, or neither.');
  // Imported lazily, so that the emulator is not loaded with the real service.
  const { startEmulator } = await import('@imgwire/emulator');
  // With a client key that uploads without a token there would be no need for the endpoint.
  const emulator = await startEmulator({ allowUnsignedUpload: false });
  const baseUrl = emulator.url;
  return {
    name: `the emulator at ${baseUrl}`,
    server: { apiKey: emulator.apiKey, baseUrl },
    browser: { apiKey: emulator.clientKey, baseUrl },
  };
}
