/**
 * The part of the official browser SDK, @imgwire/js, that this page needs. Its name, options and results are the same, so you can
 * replace it with the SDK.
 */
export class ImgwireClient {
  constructor({ apiKey, baseUrl, getUploadToken }) {
    const call = (path, init) => callApi(`${baseUrl}/api/v1/images/${path}`, apiKey, init);
    this.images = {
      upload: async (file, { onProgress } = {}) => {
        const query = new URLSearchParams({ upload_token: await getUploadToken() });
        const body = { file_name: file.name, content_length: file.size, mime_type: file.type || undefined };
        const created = await call(`standard_upload?${query}`, {
          method: 'POST',
          body: JSON.stringify(body),
        });
        await put(created.upload_url, file, onProgress);
        return withUrl(created.image);
      },
      fetch: async (id) => withUrl(await call(encodeURIComponent(id))),
    };
  }
}

async function callApi(url, apiKey, init) {
  const headers = { Authorization: `Bearer ${apiKey}`, ...(init && { 'Content-Type': 'application/json' }) };
  const response = await fetch(url, { ...init, headers });
  if (response.ok) return response.json();
  throw Object.assign(new Error(`Imgwire responded with ${response.status}.`), { response });
}

/** An XMLHttpRequest, because fetch has no upload progress. */
function put(url, file, onProgress) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const tell = ({ loaded, total }) =>
      onProgress?.({ loaded, total, percent: Math.round((100 * loaded) / total) });
    request.upload.onloadstart = tell;
    request.upload.onprogress = tell;
    request.onerror = () => reject(new Error('The connection to Imgwire was lost.'));
    request.onload = () =>
      request.status < 300 ? resolve() : reject(new Error(`The upload got a ${request.status}.`));
    request.open('PUT', url);
    if (file.type) request.setRequestHeader('Content-Type', file.type);
    request.send(file);
  });
}

function withUrl(image) {
  return { ...image, url: ({ preset }) => `${image.cdn_url}@${preset}` };
}
