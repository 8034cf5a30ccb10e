/** In the browser: sends the file that somebody has chosen. */
export async function sendPicture(url: string, picture: Blob): Promise<{ readonly id: string }> {
  const form = new FormData();
  form.append('avatar', picture);
  // No Content-Type: fetch sets it, with the boundary of the form.
  const response = await fetch(url, { method: 'POST', body: form });
  const body = (await response.json()) as { readonly id: string; readonly detail?: string };
  if (!response.ok) throw new Error(body.detail); // a text for people
  return body;
}
