import {
  type ConnectionOptions,
  STORAGE_CHECKS,
  type StorageEngine,
  type StorageRules,
  splitOptions,
} from '@imgwire/core';

/** A connection to Imgwire, and the rules that a storage engine can keep. */
export type ImgwireStorageOptions = ConnectionOptions & StorageRules<never>;

/**
 * A storage engine for Nest's own `FileInterceptor`, on Express, and on Fastify where Nest has one. Each file gets `image`,
 * and `mimetype` and `size` from its bytes. Inside a module, `InjectImgwire()` and its `storage()` give the same on the
 * module's connection.
 *
 * @example @UseInterceptors(FileInterceptor('avatar', { storage: imgwireStorage(), defParamCharset: 'utf8' }))
 * @throws TypeError that names the wrong option, when the engine is made
 */
export function imgwireStorage(options: ImgwireStorageOptions = {}): StorageEngine {
  const { imgwire, rules } = splitOptions<StorageRules<never>>('imgwireStorage()', options, STORAGE_CHECKS);
  return imgwire.storage(rules);
}
