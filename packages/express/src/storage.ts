import {
  type FactoryOptions,
  type StorageEngine,
  type StorageRules,
  splitOptions,
  type UploadRules,
} from '@imgwire/core';
import type { Request } from 'express';

/** A connection to Imgwire or the options to make one, and the rules that a storage engine can keep. */
export type ImgwireStorageOptions = Omit<FactoryOptions<Request>, keyof UploadRules<Request>> &
  StorageRules<Request>;

/**
 * A storage engine for an existing multer; each file gets `image`, and `mimetype` and `size` from its bytes.
 *
 * @example const upload = multer({ storage: imgwireStorage(), defParamCharset: 'utf8' });
 * @throws TypeError that names the wrong option, when the engine is made
 */
export function imgwireStorage(options: ImgwireStorageOptions = {}): StorageEngine {
  const { imgwire, rules } = splitOptions('imgwireStorage()', options);
  return imgwire.storage(rules);
}
