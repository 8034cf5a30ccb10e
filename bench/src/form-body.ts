import { createHash, randomFillSync } from 'node:crypto';
import type { Filling, Workload } from './workloads.ts';

export const BOUNDARY = '----WebKitFormBoundaryq8ZtGfDdTz0NLmC1';

/** A form as it goes over the wire, and what must arrive at the store. */
export interface FormBody {
  readonly bytes: Buffer;
  readonly sha256: string;
  /** One file of the form; all have the same bytes. */
  readonly file: Buffer;
  readonly fileSha256: string;
}

/** JFIF header and frame header of a baseline JPEG, 640 × 480 (ITU-T T.81, B.2.2): the rest is the scan. */
const JPEG_HEADER = Buffer.from(
  'ffd8ffe000104a46494600010100000100010000' + 'ffc0001108' + '01e00280' + '03012200021101031101',
  'hex',
);

const fillings: Readonly<Record<Filling, (bytes: Buffer) => unknown>> = {
  random: (bytes) => randomFillSync(bytes),
  dashes: (bytes) => bytes.fill('\r\n--'),
  boundaries: (bytes) => bytes.fill(`\r\n--${BOUNDARY.slice(0, -1)}`),
};

/** Makes the form of a workload as a browser encodes it. Each file comes behind a field `size` with its length. */
export function formBody({
  fileBytes,
  files = 1,
  textBehind = false,
  filling = 'random',
}: Workload): FormBody {
  const file = Buffer.alloc(fileBytes);
  fillings[filling](file);
  JPEG_HEADER.copy(file);
  const head =
    `--${BOUNDARY}\r\nContent-Disposition: form-data; name="size"\r\n\r\n${fileBytes}\r\n` +
    `--${BOUNDARY}\r\nContent-Disposition: form-data; name="images"; filename="a.jpg"\r\n` +
    'Content-Type: image/jpeg\r\n\r\n';
  const parts = Array.from({ length: files }, () => [Buffer.from(head), file, Buffer.from('\r\n')]).flat();
  const text = `--${BOUNDARY}\r\nContent-Disposition: form-data; name="caption"\r\n\r\nbehind\r\n`;
  const end = Buffer.from(`${textBehind ? text : ''}--${BOUNDARY}--\r\n`);
  const bytes = Buffer.concat([...parts, end]);
  return { bytes, sha256: sha256(bytes), file, fileSha256: sha256(file) };
}

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
