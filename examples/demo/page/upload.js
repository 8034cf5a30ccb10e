import { uploadForm } from '@imgwire/client';
import { addCard } from './card.js';
import { limit } from './limit.js';

const oneOfThree = limit(3);

/** Uploads a file, with a card that shows it, and can cancel it and try it again. */
export function upload(file) {
  let cancelling;
  const card = addCard(file, { onCancel: () => cancelling.abort(), onRetry: start });

  const onProgress = ({ phase, loaded, total }) => {
    if (phase !== 'preparing') card.showProgress(total && loaded / total);
  };

  async function start() {
    cancelling = new AbortController();
    const { signal } = cancelling;
    signal.addEventListener('abort', card.showCancelled);
    card.showWaiting();
    try {
      const send = () => uploadForm('/images', [file], { field: 'images', onProgress, signal });
      const { images } = await oneOfThree(send);
      card.showImage(images[0]);
    } catch (error) {
      if (!signal.aborted) card.showProblem(error);
    }
  }

  void start();
}
