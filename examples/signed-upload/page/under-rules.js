import { uploadDirect } from '@imgwire/client';

/**
 * Uploads under the rules of this page's own server, which decides before a byte is sent and once more when all have arrived.
 *
 * @throws UploadError what the server said
 */
export async function uploadUnderRules(file, showProgress) {
  const onProgress = (progress) => {
    if (progress.phase !== 'preparing') showProgress(progress);
  };
  const [{ data, error }] = await uploadDirect('api/photos', [file], { onProgress });
  if (error) throw error;
  const { id, url, photo } = data;
  return { id, url, said: `200, photo ${photo}`, remove: () => deletePhoto(id) };
}

async function deletePhoto(id) {
  const response = await fetch(`api/photos/${id}`, { method: 'DELETE' });
  if (!response.ok) throw new Error((await response.json()).detail);
}
