import { uploadDirect } from '@imgwire/client';

/**
 * Uploads under the rules of this page's own server, which decides before a byte is sent and once more when all have arrived.
 *
 * @throws UploadError what the server said
 */
export async function uploadUnderRules(file, showProgress) {
  const onProgress = ({ phase, loaded, total }) => {
    if (phase !== 'preparing') showProgress({ phase, percent: total && Math.floor((100 * loaded) / total) });
  };
  const [{ data, error }] = await uploadDirect('api/photos', [file], { onProgress });
  if (error) throw error;
  return { url: data.url, said: `200, photo ${data.photo}` };
}
