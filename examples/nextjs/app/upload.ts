import { type UploadProgress, uploadDirect, uploadForm } from '@imgwire/client';

type OnProgress = (progress: UploadProgress) => void;

/** What has happened to the request, and when. */
export interface Step {
  readonly event?: string;
  readonly what: string;
  readonly ms?: number;
}

/** Uploads through a route of this app. Resolves with what the server did. @throws UploadError */
export async function uploadThroughApp(file: File, onProgress: OnProgress): Promise<readonly Step[]> {
  const { steps } = await uploadForm<{ readonly steps: readonly Step[] }>('/images', [file], {
    field: 'image',
    onProgress,
  });
  return steps;
}

/** Uploads straight to Imgwire, under the rules of this app. Resolves with what the browser did. @throws UploadError */
export async function uploadDirectly(file: File, onProgress: OnProgress): Promise<readonly Step[]> {
  const startedAt = performance.now();
  const at: Partial<Record<UploadProgress['phase'], number>> = {};
  const [result] = await uploadDirect('/photos', [file], {
    onProgress: (progress) => {
      at[progress.phase] ??= performance.now() - startedAt;
      onProgress(progress);
    },
  });
  if (result?.error) throw result.error;
  return [
    { what: 'Allowed, record created', ms: at.sending ?? 0 },
    { what: 'Bytes at Imgwire', ms: at.processing ?? 0 },
    { what: 'Judged by the server', ms: performance.now() - startedAt },
  ];
}
