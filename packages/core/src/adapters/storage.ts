import { STORAGE_CHECKS, type StorageEngine, type StorageRules } from '../upload/multer-storage.ts';
import type { ReceivedFile } from '../upload/store-file.ts';
import { type ImgwireInstanceOptions, parseOptions } from './parse-options.ts';

/** An instance or the options to create one, and the rules that a storage engine can enforce. */
export type ImgwireStorageOptions<Request> = ImgwireInstanceOptions & StorageRules<Request>;

/** What a file of multer has besides its own properties, where its storage is `imgwireStorage()`. */
export type ImgwireMulterFile = Pick<
  ReceivedFile,
  'discard' | 'existing' | 'height' | 'image' | 'lengthSource' | 'orientation' | 'sha256' | 'width'
>;

/**
 * A storage engine for an existing multer, whatever the framework around it.
 *
 * @throws TypeError that names the wrong option, when the engine is created
 */
export function imgwireStorage<Request>(options: ImgwireStorageOptions<Request> = {}): StorageEngine {
  const { connect, rules } = parseOptions<StorageRules<Request>>('imgwireStorage()', options, STORAGE_CHECKS);
  return connect().storage(rules);
}
