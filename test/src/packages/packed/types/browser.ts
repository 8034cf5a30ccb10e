import {
  type UploadDirectOptions,
  UploadError,
  type UploadedImage,
  type UploadFormOptions,
  type UploadProgress,
  type UploadResult,
  uploadDirect,
  uploadForm,
} from '@imgwire/client';

/** True only where both are the same type; `any` is the same as nothing else. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const is = <_True extends true>(): void => undefined;

export async function use(files: File[], signal: AbortSignal): Promise<void> {
  const onProgress = ({ phase, loaded, total }: UploadProgress): void => void [phase, loaded, total];
  const form: UploadFormOptions = { field: 'a', fields: { b: 'c' }, headers: {}, signal, onProgress };
  const sent = await uploadForm<{ id: string }>('/a', files, form);
  is<Same<typeof sent, { id: string }>>();
  const direct: UploadDirectOptions = {
    attempts: 5,
    concurrency: 2,
    onProgress: (_, file) => void file.name,
  };
  const results = await uploadDirect<number>('/a', files, direct);
  is<Same<typeof results, UploadResult<number>[]>>();
  for (const result of results) {
    if (result.error) is<Same<typeof result.error, UploadError>>();
    else is<Same<typeof result.image, UploadedImage>>();
  }
  // @ts-expect-error -- a browser sends cookies to its own origin, whatever is asked for
  await uploadForm('/a', files, { credentials: 'omit' });
  // @ts-expect-error -- no form is sent twice
  await uploadForm('/a', files, { attempts: 2 });
}

export const codeOf = (error: unknown): string | undefined =>
  error instanceof UploadError ? error.code : undefined;
