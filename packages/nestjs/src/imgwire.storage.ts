import {
  type ImgwireInstanceOptions,
  STORAGE_CHECKS,
  type StorageEngine,
  type StorageRules,
  splitOptions,
} from '@imgwire/core';

/** A connection to Imgwire or the options to create one, and the rules that a storage engine can enforce. */
export type ImgwireStorageOptions = ImgwireInstanceOptions & StorageRules<never>;

/**
 * A storage engine for Nest's own `FileInterceptor`, on Express, and on Fastify where Nest has one. Each file gets `image`,
 * and `mimetype` and `size` from its bytes. To use the module's connection, call `storage()` of what `InjectImgwire()`
 * injects.
 *
 * @example @UseInterceptors(FileInterceptor('avatar', { storage: imgwireStorage(), defParamCharset: 'utf8' }))
 * @throws TypeError that names the wrong option, when the engine is created
 */
export function imgwireStorage(options: ImgwireStorageOptions = {}): StorageEngine {
  const { imgwire, rules } = splitOptions<StorageRules<never>>('imgwireStorage()', options, STORAGE_CHECKS);
  return imgwire.storage(rules);
}
