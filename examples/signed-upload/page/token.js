/** Requests a token for one upload from this page's own server. */
export async function getUploadToken() {
  const response = await fetch('api/imgwire/upload-token', { method: 'POST' });
  if (response.status === 401 || response.status === 403)
    throw new Error('You are logged out. Log in to upload.');
  if (!response.ok) throw new Error('No upload token could be had. Try again later.');
  return (await response.json()).uploadToken;
}
