import type { ImageRecord, Imgwire, RollbackFailure } from '@imgwire/core';
import { imgwireErrorIn } from './job-error.ts';

/** The record to delete: by its id, or by the key that it was created with. */
export type RecordToDelete = Omit<RollbackFailure, 'error'>;

/** What the workers delete records with. An instance has these methods, and so does Nest's service. */
export type RollbackClient = Pick<Imgwire, 'delete' | 'retrieve' | 'createDirectUpload' | 'logger'>;

/** Deletes a record, if it is there. Two processes may do so at once. @throws as `imgwire.delete()` */
export async function rollback(
  imgwire: RollbackClient,
  { imageId, idempotencyKey, onlyIfPending }: RecordToDelete,
): Promise<void> {
  if (imageId !== undefined && !onlyIfPending) return imgwire.delete(imageId);
  const record =
    imageId === undefined ? await findByKey(imgwire, idempotencyKey) : await findById(imgwire, imageId);
  if (record && (record.status === 'PENDING' || !onlyIfPending)) await imgwire.delete(record.id);
}

/** No call finds a record by its key, but creating it again returns it. */
async function findByKey(imgwire: RollbackClient, idempotencyKey: string | undefined): Promise<ImageRecord> {
  return (await imgwire.createDirectUpload({ fileName: 'undo', idempotencyKey })).image;
}

async function findById(imgwire: RollbackClient, imageId: string): Promise<ImageRecord | undefined> {
  try {
    return await imgwire.retrieve(imageId);
  } catch (error) {
    if (imgwireErrorIn(error)?.code === 'IMAGE_NOT_FOUND') return undefined;
    throw error;
  }
}
