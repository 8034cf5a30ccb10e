import { BOUNDARY, encodeForm, type Part } from '../support/client.ts';
import { imageOfSize } from '../support/images.ts';
import { sha256 } from '../support/upload-suite.ts';
import type { FilePlan, RequestPlan, Shape } from './plan.ts';

/** A body ready to be sent, and what the server must have made of it when it answers 200. */
export interface PlannedBody {
  readonly contentType: string;
  readonly bytes: Buffer;
  /** SHA-256 of the files in the order of the form, lower-case hex. */
  readonly digests: readonly string[];
  /** The text fields by name. */
  readonly fields: Readonly<Record<string, string>>;
}

/** The smallest image that can be made to measure. */
const SMALLEST_IMAGE = 1024;

/** Makes the bytes of a request. */
export async function makeBody(plan: RequestPlan): Promise<PlannedBody> {
  const files = await Promise.all(plan.files.map(contentOf));
  const parts: Part[] = [];
  const order: number[] = [];
  for (let at = 0; at <= plan.fields.length; at++) {
    plan.files.forEach((file, index) => {
      if (Math.min(file.after, plan.fields.length) !== at) return;
      parts.push({ name: file.field, fileName: `${index}.jpg`, bytes: files[index] ?? Buffer.alloc(0) });
      order.push(index);
    });
    const value = plan.fields[at];
    if (value !== undefined) parts.push({ name: `f${at}`, value });
  }
  const shape = plan.trouble.kind === 'shape' ? plan.trouble.shape : undefined;
  return {
    contentType: shape === 'no-form' ? 'text/plain' : `multipart/form-data; boundary=${BOUNDARY}`,
    bytes: shape ? SHAPES[shape](encodeForm(parts), parts) : encodeForm(parts),
    digests: order.map((index) => sha256(files[index] ?? Buffer.alloc(0))),
    fields: Object.fromEntries(plan.fields.map((value, index) => [`f${index}`, value])),
  };
}

const part = (head: string): Buffer => Buffer.from(`--${BOUNDARY}\r\n${head}\r\n\r\nvalue\r\n`);

const SHAPES: Readonly<Record<Shape, (form: Buffer, parts: readonly Part[]) => Buffer>> = {
  'no-crlf': (form) => form.subarray(0, -2),
  epilogue: (form) => Buffer.concat([form, Buffer.from('What follows the end is to be ignored.\r\n')]),
  preamble: (form) => Buffer.concat([Buffer.from('What precedes is to be ignored.\r\n'), form]),
  cut: (form) => form.subarray(0, -(BOUNDARY.length + 8)),
  'other-boundary': (_, parts) => encodeForm(parts, 'another'),
  nameless: (form) => Buffer.concat([part('Content-Disposition: form-data'), form]),
  'broken-header': (form) => Buffer.concat([part('Content-Disposition form-data; name="a"'), form]),
  noise: (form) => Buffer.alloc(form.length, 'noise '),
  'no-form': () => Buffer.from('hello'),
};

async function contentOf({ content, size, seed }: FilePlan): Promise<Buffer> {
  if (isImage({ content, size })) return await imageOfSize(seed % 2 ? 'image/jpeg' : 'image/png', size, seed);
  const bytes = Buffer.alloc(size, `no image ${seed} `);
  if (content !== 'text') bytes.set(Buffer.from([0xff, 0xd8, 0xff]).subarray(0, size));
  return bytes;
}

/** Whether the service can read the whole of it. */
export const isImage = ({ content, size }: Pick<FilePlan, 'content' | 'size'>): boolean =>
  content === 'image' && size >= SMALLEST_IMAGE;

/** Whether its first bytes are those of an image. */
export const beginsAsImage = ({ content, size }: Pick<FilePlan, 'content' | 'size'>): boolean =>
  content !== 'text' && size >= 3;
