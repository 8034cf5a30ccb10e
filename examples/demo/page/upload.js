import { uploadForm } from '@imgwire/client';
import { addRow } from '../../shared/upload-row.js';
import { limit } from './limit.js';
import { showResult } from './result.js';

const oneOfThree = limit(3);

/** Uploads a file, with a row that shows it, and can cancel it, try it again and delete it. */
export function upload(file) {
  let cancelling;
  let result;
  const row = addRow(file, {
    onCancel: () => cancelling.abort(),
    onRetry: start,
    onShow: () => showResult(file.name, result),
    onDelete: () => deleteImage(result.images[0].id),
  });

  const onProgress = (progress) => {
    if (progress.phase !== 'preparing') row.showProgress(progress);
  };

  async function start() {
    cancelling = new AbortController();
    const { signal } = cancelling;
    signal.addEventListener('abort', row.showCancelled);
    row.showWaiting();
    try {
      const send = () => uploadForm('/images', [file], { field: 'images', onProgress, signal });
      result = await oneOfThree(send);
      const [{ id, large, thumbnail }] = result.images;
      row.showStored({ id, url: large, thumbnail });
      showResult(file.name, result);
    } catch (error) {
      if (!signal.aborted) row.showProblem(error);
    }
  }

  void start();
}

async function deleteImage(id) {
  const response = await fetch(`/images/${id}`, { method: 'DELETE' });
  if (!response.ok) throw new Error((await response.json()).detail);
}
