import type { StorageEngine } from '@imgwire/core';
import {
  type ImgwireStorageOptions as StorageOptions,
  imgwireStorage as storage,
} from '@imgwire/core/adapter';
import type { Request } from 'express';

/** An instance of Imgwire or the options to create one, and the rules that a storage engine can enforce. */
export type ImgwireStorageOptions = StorageOptions<Request>;

/**
 * A storage engine for an existing multer; each file gets `image`, and `mimetype` and `size` from its bytes.
 *
 * @example const upload = multer({ storage: imgwireStorage(), defParamCharset: 'utf8' });
 * @throws TypeError that names the wrong option, when the engine is created
 */
export const imgwireStorage: (options?: ImgwireStorageOptions) => StorageEngine = storage;
