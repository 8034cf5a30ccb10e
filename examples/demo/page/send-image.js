const CONNECTION_LOST = { detail: 'The connection was lost. Is the server still running?', code: 'NETWORK' };

/**
 * Posts one file and resolves with its image; rejects with the problem details of the response, and with the reason of
 * the signal when that aborts. It is an XMLHttpRequest because fetch has no upload progress.
 */
export function sendImage(file, onProgress, signal) {
  const form = new FormData();
  form.append('images', file);
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const request = new XMLHttpRequest();
    request.responseType = 'json';
    request.upload.onprogress = ({ loaded, total }) => onProgress(loaded / total);
    request.onerror = () => reject(CONNECTION_LOST);
    request.onabort = () => reject(signal.reason);
    request.onload = () => {
      if (request.status === 200) resolve(request.response.images[0]);
      else
        reject(
          request.response ?? { detail: `The server responded with ${request.status}.`, code: 'UNKNOWN' },
        );
    };
    signal.addEventListener('abort', () => request.abort());
    request.open('POST', '/images');
    request.send(form);
    onProgress(0);
  });
}
