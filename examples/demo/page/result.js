import { showPicture } from '../../shared/show-picture.js';
import { showTrace } from '../../shared/show-trace.js';

/** Shows an image at 800 pixels, and what the server did with its request, and when. */
export function showResult(name, { images: [image], steps }) {
  document.querySelector('#result-empty').hidden = true;
  showPicture(document.querySelector('#large'), image.large, `${name}, large`, (dimensions, problem) => {
    document.querySelector('#result-caption').textContent = `${name}, ${problem ?? dimensions}`;
  });
  showTrace(steps);
}
