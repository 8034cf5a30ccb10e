import type { ImageRecord, Imgwire, RollbackFailure } from '@imgwire/core';
import { uploadErrorIn } from './job-error.ts';

/** What is to be deleted: a record by its id, or by the key that it was created with. */
export type ToUndo = Omit<RollbackFailure, 'error'>;

/** What it is deleted with. */
export type RollbackClient = Pick<Imgwire, 'delete' | 'retrieve' | 'createDirectUpload' | 'logger'>;

/** Deletes a record, if it is there. Two processes may do it at once. @throws as `imgwire.delete()` */
export async function undo(
  imgwire: RollbackClient,
  { imageId, idempotencyKey, onlyIfPending }: ToUndo,
): Promise<void> {
  if (imageId !== undefined && !onlyIfPending) return imgwire.delete(imageId);
  const record =
    imageId === undefined ? await recordOf(imgwire, idempotencyKey) : await find(imgwire, imageId);
  if (record && (record.status === 'PENDING' || !onlyIfPending)) await imgwire.delete(record.id);
}

/** There is no call that finds a record by its key, and creating it again returns it. */
async function recordOf(imgwire: RollbackClient, idempotencyKey: string | undefined): Promise<ImageRecord> {
  return (await imgwire.createDirectUpload({ fileName: 'undo', idempotencyKey })).image;
}

async function find(imgwire: RollbackClient, imageId: string): Promise<ImageRecord | undefined> {
  try {
    return await imgwire.retrieve(imageId);
  } catch (error) {
    if (uploadErrorIn(error)?.code === 'IMAGE_NOT_FOUND') return undefined;
    throw error;
  }
}
