import {
  type FactoryOptions,
  type StorageEngine,
  type StorageRules,
  splitOptions,
  type UploadRules,
} from '@imgwire/core';

/** A connection to Imgwire, and the rules that a storage engine can keep. */
export type ImgwireStorageOptions = Omit<FactoryOptions<never>, keyof UploadRules<never>> &
  StorageRules<never>;

/**
 * A storage engine for Nest's own `FileInterceptor`, on Express, and on Fastify where Nest has one. Each file gets `image`,
 * and `mimetype` and `size` from its bytes. Inside a module, `InjectImgwire()` and its `storage()` give the same on the
 * module's connection.
 *
 * @example @UseInterceptors(FileInterceptor('avatar', { storage: imgwireStorage(), defParamCharset: 'utf8' }))
 * @throws TypeError that names the wrong option, when the engine is made
 */
export function imgwireStorage(options: ImgwireStorageOptions = {}): StorageEngine {
  const { imgwire, rules } = splitOptions('imgwireStorage()', options);
  return imgwire.storage(rules);
}
