/** Requests a token for one upload from this page's own server. */
export async function getUploadToken() {
  const response = await fetch('api/imgwire/upload-token', { method: 'POST' });
  if (response.ok) return (await response.json()).uploadToken;
  const isLoggedOut = response.status === 401 || response.status === 403;
  const message = isLoggedOut
    ? 'You are logged out. Log in to upload.'
    : 'No upload token could be had. Try again later.';
  throw Object.assign(new Error(message), { status: isLoggedOut ? 401 : response.status });
}
