import { type UploadProgress, uploadDirect, uploadForm } from '@imgwire/client';

/** Called with the share of the file that was sent, 0 to 1. */
type OnProgress = (share: number) => void;

const share = ({ loaded, total }: UploadProgress): number => (total ? loaded / total : 0);

/** Uploads through a route of this app. @throws UploadError */
export async function uploadThroughApp(file: File, onProgress: OnProgress): Promise<void> {
  await uploadForm('/images', [file], {
    field: 'image',
    onProgress: (progress) => onProgress(share(progress)),
  });
}

/** Uploads straight to Imgwire, under the rules of this app. @throws UploadError */
export async function uploadDirectly(file: File, onProgress: OnProgress): Promise<void> {
  const [result] = await uploadDirect('/photos', [file], {
    onProgress: (progress) => onProgress(share(progress)),
  });
  if (result?.error) throw result.error;
}
