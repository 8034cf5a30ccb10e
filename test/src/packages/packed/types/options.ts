import type { FactoryOptions } from '@imgwire/core/adapter';
import type { EmulatorOptions } from '@imgwire/emulator';
import type {
  CloseOptions,
  DirectUploadInput,
  FieldRules,
  ImgwireErrorDetails,
  ImgwireOptions,
  ImgwireStorageOptions,
  ImgwireUploadOptions,
  ImgwireUploadTokenOptions,
  ImgwireUploadViaUrlOptions,
  LimitOptions,
  ListQuery,
  ManyOptions,
  SourceUrlRules,
  StorageRules,
  Transformations,
  UploadInput,
  UploadMetadata,
  UploadRules,
  UploadTokenRules,
  UploadViaUrlInput,
  WaitOptions,
} from '@imgwire/express';
import type {
  ImgwireInterceptorOptions,
  ImgwireModuleExtras,
  ImgwireModuleOptions,
  ImgwireUploadTokenControllerOptions,
  ImgwireStorageOptions as NestStorageOptions,
  ParseImageOptions,
} from '@imgwire/nestjs';

/** Every type of options, and those in them. */
interface Options {
  readonly closeOptions: CloseOptions;
  readonly directUploadInput: DirectUploadInput;
  readonly emulatorOptions: EmulatorOptions;
  readonly factoryOptions: FactoryOptions<never>;
  readonly fieldRules: FieldRules;
  readonly imgwireErrorDetails: ImgwireErrorDetails;
  readonly imgwireInterceptorOptions: ImgwireInterceptorOptions;
  readonly imgwireModuleExtras: ImgwireModuleExtras;
  readonly imgwireModuleOptions: ImgwireModuleOptions;
  readonly imgwireOptions: ImgwireOptions;
  readonly imgwireStorageOptions: ImgwireStorageOptions;
  readonly imgwireTokenControllerOptions: ImgwireUploadTokenControllerOptions;
  readonly imgwireUploadOptions: ImgwireUploadOptions;
  readonly imgwireUploadTokenOptions: ImgwireUploadTokenOptions;
  readonly imgwireUploadViaUrlOptions: ImgwireUploadViaUrlOptions;
  readonly limitOptions: LimitOptions;
  readonly listQuery: ListQuery;
  readonly manyOptions: ManyOptions;
  readonly nestStorageOptions: NestStorageOptions;
  readonly parseImageOptions: ParseImageOptions;
  readonly sourceUrlRules: SourceUrlRules;
  readonly storageRules: StorageRules<never>;
  readonly transformations: Transformations;
  readonly uploadInput: UploadInput;
  readonly uploadMetadata: UploadMetadata;
  readonly uploadRules: UploadRules<never>;
  readonly uploadTokenRules: UploadTokenRules<never>;
  readonly uploadViaUrlInput: UploadViaUrlInput;
  readonly waitOptions: WaitOptions;
}

/** The optional properties that may be absent, but not undefined, as `exactOptionalPropertyTypes` tells these apart. */
type Refusing<T> = {
  [Name in keyof T]-?: object extends Pick<T, Name>
    ? { [Same in Name]: undefined } extends Pick<T, Name>
      ? never
      : Name
    : never;
}[keyof T];

/** The same of the objects among the values of a transformation. */
type RefusingInside<T> = { [Name in keyof T]-?: RefusingOfEach<Exclude<T[Name], undefined>> }[keyof T];
type RefusingOfEach<T> = T extends readonly unknown[] | URL ? never : T extends object ? Refusing<T> : never;

declare const refusing: { readonly [Name in keyof Options]: Refusing<Options[Name]> };
export const none: { readonly [_ in keyof Options]: never } = refusing;
declare const inside: RefusingInside<Transformations>;
export const noneInside: never = inside;
