import { Inject, type Type } from '@nestjs/common';
import { ImgwireService } from './imgwire.service.ts';

// Strings, not symbols: two copies of this package can be loaded in one application (esm and cjs).
const token = (kind: string, name: string | undefined): string =>
  name === undefined ? `imgwire:${kind}` : `imgwire:${kind}:${name}`;

/** The injection token of the options of `ImgwireModule.forRoot({ name })`. With an override their factory does not run. */
export const getImgwireOptionsToken = (name?: string): string => token('options', name);

/**
 * The injection token of the instance of `ImgwireModule.forRoot({ name })`; without a name, of the unnamed one. Both the
 * {@link ImgwireService} and the upload interceptors use it, so an override applies to both.
 */
export const getImgwireToken = (name?: string): string => token('connection', name);

/** The injection token of the {@link ImgwireService} of a named module; without a name, the class itself. */
export const getImgwireServiceToken = (name?: string): string | Type<ImgwireService> =>
  name === undefined ? ImgwireService : token('service', name);

/** The injection token of the module's rules, for the upload interceptors. */
export const getRulesToken = (name?: string): string => token('rules', name);

/**
 * Injects the instance itself, an `Imgwire` of `@imgwire/core`.
 *
 * @param name the `name` of the module; absent for the unnamed one
 */
export const InjectImgwire = (name?: string): ParameterDecorator & PropertyDecorator =>
  Inject(getImgwireToken(name));

/** Injects the {@link ImgwireService} of a named module. The unnamed one needs no decorator. */
export const InjectImgwireService = (name?: string): ParameterDecorator & PropertyDecorator =>
  Inject(getImgwireServiceToken(name));
