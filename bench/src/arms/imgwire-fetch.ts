import type { ArmOptions } from '../arms.ts';

/** A file to store, with the length that the store demands. */
export interface StoredFile {
  readonly name: string;
  readonly type: string;
  readonly size: number;
  readonly body: Uint8Array | AsyncIterable<Uint8Array>;
}

/** Creates a record and PUTs the bytes, with Node's own fetch: what an application without a client library writes. */
export async function store({ baseUrl, apiKey }: ArmOptions, file: StoredFile): Promise<object> {
  const created = await fetch(`${baseUrl}/api/v1/images/standard_upload`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ file_name: file.name, mime_type: file.type, content_length: file.size }),
  });
  if (!created.ok) throw new Error(`create: ${created.status}`);
  const { image, upload_url } = (await created.json()) as { image: object; upload_url: string };
  const stored = await fetch(upload_url, {
    method: 'PUT',
    headers: { 'content-type': file.type, 'content-length': String(file.size) },
    body: file.body,
    duplex: 'half',
  });
  await stored.arrayBuffer();
  if (!stored.ok) throw new Error(`put: ${stored.status}`);
  return image;
}
