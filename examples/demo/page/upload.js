import { addCard } from './card.js';
import { limit } from './limit.js';
import { sendImage } from './send-image.js';

const oneOfThree = limit(3);

/** Uploads a file, with a card that shows it, and can cancel it and try it again. */
export function upload(file) {
  let cancelling;
  const card = addCard(file, { onCancel: () => cancelling.abort(), onRetry: start });

  async function start() {
    cancelling = new AbortController();
    const { signal } = cancelling;
    signal.addEventListener('abort', card.showCancelled);
    card.showWaiting();
    try {
      const image = await oneOfThree(() => sendImage(file, card.showProgress, signal));
      card.showImage(image);
    } catch (problem) {
      if (!signal.aborted) card.showProblem(problem);
    }
  }

  void start();
}
