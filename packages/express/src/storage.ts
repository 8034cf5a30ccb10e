import {
  type ImgwireInstanceOptions,
  STORAGE_CHECKS,
  type StorageEngine,
  type StorageRules,
  splitOptions,
} from '@imgwire/core';
import type { Request } from 'express';

/** A connection to Imgwire or the options to create one, and the rules that a storage engine can enforce. */
export type ImgwireStorageOptions = ImgwireInstanceOptions & StorageRules<Request>;

/**
 * A storage engine for an existing multer; each file gets `image`, and `mimetype` and `size` from its bytes.
 *
 * @example const upload = multer({ storage: imgwireStorage(), defParamCharset: 'utf8' });
 * @throws TypeError that names the wrong option, when the engine is created
 */
export function imgwireStorage(options: ImgwireStorageOptions = {}): StorageEngine {
  const { imgwire, rules } = splitOptions<StorageRules<Request>>('imgwireStorage()', options, STORAGE_CHECKS);
  return imgwire.storage(rules);
}
