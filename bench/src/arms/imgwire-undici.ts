import { request } from 'undici';
import type { ArmOptions } from '../arms.ts';

/** Creates a record and PUTs the bytes of a file in memory, with the cheapest client. */
export async function store(
  { baseUrl, apiKey }: ArmOptions,
  { originalname, mimetype, size, buffer }: Express.Multer.File,
): Promise<object> {
  const created = await request(`${baseUrl}/api/v1/images/standard_upload`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ file_name: originalname, mime_type: mimetype, content_length: size }),
  });
  const { image, upload_url } = (await created.body.json()) as { image: object; upload_url: string };
  const headers = { 'content-type': mimetype };
  const stored = await request(upload_url, { method: 'PUT', headers, body: buffer });
  await stored.body.dump();
  if (stored.statusCode !== 200) throw new Error(`put: ${stored.statusCode}`);
  return image;
}
