import type { StorageEngine } from '@imgwire/core';
import {
  type ImgwireStorageOptions as StorageOptions,
  imgwireStorage as storage,
} from '@imgwire/core/adapter';

/** An instance of Imgwire or the options to create one, and the rules that a storage engine can enforce. */
export type ImgwireStorageOptions = StorageOptions<never>;

/**
 * A storage engine for Nest's own `FileInterceptor`, on Express, and on Fastify where Nest has one. Each file gets `image`,
 * and `mimetype` and `size` from its bytes. To use the module's instance, call `storage()` of what `InjectImgwire()`
 * injects.
 *
 * @example @UseInterceptors(FileInterceptor('avatar', { storage: imgwireStorage(), defParamCharset: 'utf8' }))
 * @throws TypeError that names the wrong option, when the engine is created
 */
export const imgwireStorage: (options?: ImgwireStorageOptions) => StorageEngine = storage;
