import { createHmac, timingSafeEqual } from 'node:crypto';
import { storageError } from './http/errors.ts';
import type { Declared } from './image-record.ts';

interface Upload {
  readonly imageId: string;
  readonly declared: Declared;
}

/** Path and query of a presigned PUT. The signature covers the method, image, expiry, and declared type and length. */
export function presignUpload(upload: Upload, secret: string, expiresAt: number): string {
  const query = new URLSearchParams({ expires: String(expiresAt) });
  if (upload.declared.contentType) query.set('content_type', upload.declared.contentType);
  if (upload.declared.contentLength !== undefined) {
    query.set('content_length', String(upload.declared.contentLength));
  }
  query.set('signature', sign(upload.imageId, query, secret));
  return `/uploads/${upload.imageId}?${query}`;
}

/**
 * What a presigned URL allows.
 * @throws HttpError 403, as the XML of object storage, if the signature is invalid or expired
 */
export function verifyUpload(imageId: string, query: URLSearchParams, secret: string, now: number): Declared {
  const given = Buffer.from(query.get('signature') ?? '');
  const right = Buffer.from(sign(imageId, query, secret));
  if (given.length !== right.length || !timingSafeEqual(given, right)) {
    throw storageError(403, 'SignatureDoesNotMatch', 'The signature does not belong to this URL.');
  }
  if (now >= Number(query.get('expires'))) throw expiredUpload();
  const contentType = query.get('content_type');
  const contentLength = query.get('content_length');
  return {
    ...(contentType === null ? {} : { contentType }),
    ...(contentLength === null ? {} : { contentLength: Number(contentLength) }),
  };
}

/** The error for an expired URL. */
export function expiredUpload(): Error {
  return storageError(403, 'AccessDenied', 'Request has expired.');
}

function sign(imageId: string, query: URLSearchParams, secret: string): string {
  const claims = ['expires', 'content_type', 'content_length'].map((name) => query.get(name) ?? '');
  return createHmac('sha256', secret)
    .update(['PUT', imageId, ...claims].join('\n'))
    .digest('hex');
}
