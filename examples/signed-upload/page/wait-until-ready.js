const WAITS_MS = [0, 250, 500, 1000, 2000, 4000, 8000];

/** Imgwire processes an image once it has the bytes: it can be shown when it is READY, which an invalid one never is. */
export async function waitUntilReady(client, id) {
  for (const wait of WAITS_MS) {
    await new Promise((resolve) => setTimeout(resolve, wait));
    const image = await client.images.fetch(id);
    if (image.status === 'READY') return image;
    if (image.status === 'QUARANTINE')
      throw new Error('The file is not an image, whatever its name says, or it has too many pixels.');
  }
  throw new Error('The image is stored, but is not ready yet.');
}
