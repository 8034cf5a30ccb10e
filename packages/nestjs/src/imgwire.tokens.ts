import { Inject, type Type } from '@nestjs/common';
import { ImgwireService } from './imgwire.service.ts';

// Strings, not symbols: two copies of this package can meet in one application (esm and cjs).
const token = (kind: string, name: string | undefined): string =>
  name === undefined ? `imgwire:${kind}` : `imgwire:${kind}:${name}`;

/** The injection token of the options of `ImgwireModule.forRoot({ name })`; a test overrides it to keep their factory from running. */
export const getImgwireOptionsToken = (name?: string): string => token('options', name);

/**
 * The injection token of the connection that `ImgwireModule.forRoot({ name })` made; without a name, of the unnamed one. The
 * {@link ImgwireService} and the upload interceptors are made from what it gives: a test overrides it for both.
 */
export const getImgwireToken = (name?: string): string => token('connection', name);

/** The injection token of the {@link ImgwireService} of a named module; without a name it is the class itself. */
export const getImgwireServiceToken = (name?: string): string | Type<ImgwireService> =>
  name === undefined ? ImgwireService : token('service', name);

/** The rules of the module, for the upload interceptors. */
export const getRulesToken = (name?: string): string => token('rules', name);

/**
 * Injects the connection itself, as `createImgwire()` of `@imgwire/core` makes it.
 *
 * @param name the `name` of the module; absent for the unnamed one
 */
export const InjectImgwire = (name?: string): ParameterDecorator & PropertyDecorator =>
  Inject(getImgwireToken(name));

/** Injects the {@link ImgwireService} of a named module. The unnamed one needs no decorator. */
export const InjectImgwireService = (name?: string): ParameterDecorator & PropertyDecorator =>
  Inject(getImgwireServiceToken(name));
