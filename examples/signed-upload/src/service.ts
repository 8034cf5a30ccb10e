import type { ImgwireOptions } from '@imgwire/express';
import type { BrowserOptions } from './app.ts';

/** Where the images go, and with which keys. */
export interface ExampleService {
  readonly name: string;
  readonly server: ImgwireOptions;
  readonly browser: BrowserOptions;
}

/** The real Imgwire where both keys are set, an emulator in this process where none is. */
export async function openService(): Promise<ExampleService> {
  const { IMGWIRE_API_KEY: serverKey, IMGWIRE_CLIENT_KEY: clientKey } = process.env;
  if (serverKey && clientKey) {
    const baseUrl = process.env['IMGWIRE_API_BASE_URL'] ?? 'https://api.imgwire.dev';
    return { name: 'Imgwire, with your keys', server: {}, browser: { apiKey: clientKey, baseUrl } };
  }
  if (serverKey || clientKey) throw new Error('Set both IMGWIRE_API_KEY and IMGWIRE_CLIENT_KEY, or neither.');
  // Only here, so that nothing of the emulator is loaded where the real service is used.
  const { startEmulator } = await import('@imgwire/emulator');
  // A client key that uploads without a token would need no token endpoint.
  const emulator = await startEmulator({ allowUnsignedUpload: false });
  const baseUrl = emulator.url;
  return {
    name: `the emulator at ${baseUrl}`,
    server: { apiKey: emulator.apiKey, baseUrl },
    browser: { apiKey: emulator.clientKey, baseUrl },
  };
}
