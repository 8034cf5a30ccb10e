import type { Imgwire, ImgwireImage } from '@imgwire/core';

/** What generators respond with: the bytes as base64, or a URL that soon expires. */
export type Generated = { id: string; base64: string } | { id: string; url: string };

export function storeGenerated(imgwire: Imgwire, generated: Generated): Promise<ImgwireImage> {
  const about = { idempotencyKey: `generated-${generated.id}`, purpose: 'generated' };
  if ('url' in generated) return imgwire.uploadViaUrl({ url: generated.url, ...about });
  // Some send a data URL: its bytes are behind the comma.
  const base64 = generated.base64.replace(/^data:[^,]*,/, '');
  return imgwire.upload({ file: Buffer.from(base64, 'base64'), limits: { fileSize: 20_000_000 }, ...about });
}
