// Uploads bytes that it holds, and prints by how many bytes the most of its memory has grown meanwhile. Options are passed as JSON.
import { createImgwire, type UploadInput } from '@imgwire/core';
import { makeImage } from '../images.ts';
import { overRest } from '../over-rest.ts';
import { SDK } from '../transports.ts';

interface Options {
  readonly url: string;
  readonly apiKey: string;
  readonly overSdk: boolean;
  readonly source: keyof typeof SOURCES;
  readonly bytes: number;
  readonly input: Omit<UploadInput, 'file'>;
}

const jpeg = await makeImage('image/jpeg', { width: 16, height: 16 });
/** Each page of it is written, so that all of it is in memory before the upload begins. */
const filled = <Bytes extends Uint8Array>(bytes: Bytes): Bytes => {
  bytes.fill(1).set(jpeg);
  return bytes;
};
const SOURCES = {
  Buffer: (size: number) => filled(Buffer.allocUnsafeSlow(size)),
  'view of an ArrayBuffer': (size: number) => filled(new Uint8Array(new ArrayBuffer(size + 100), 50, size)),
  ArrayBuffer: (size: number) => filled(new Uint8Array(size)).buffer,
};

const { url, apiKey, overSdk, source, bytes, input } = JSON.parse(process.argv[2] ?? '{}') as Options;
const imgwire = createImgwire((overSdk ? SDK.connect : overRest)({ url, apiKey }));
// The code is loaded and compiled before the measure is taken.
await imgwire.upload({ ...input, file: SOURCES[source](1024 * 1024) });
const file = SOURCES[source](bytes);
const mostKib = (): number => process.resourceUsage().maxRSS;
const before = mostKib();
const { id } = await imgwire.upload({ ...input, file });
process.stdout.write(`${id} ${(mostKib() - before) * 1024}\n`);
await imgwire.close();
