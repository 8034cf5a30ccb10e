import { showPicture } from './picture.js';

const template = document.querySelector('#upload');
const uploads = document.querySelector('#uploads');
const news = document.querySelector('#news');

/** Adds a file to the page, and returns the functions that show the progress of its upload. */
export function addCard(file) {
  const card = template.content.cloneNode(true).firstElementChild;
  const part = (selector) => card.querySelector(selector);
  part('.name').textContent = file.name;
  part('.size').textContent = humanSize(file.size);
  part('progress').setAttribute('aria-label', `Upload of ${file.name}`);
  uploads.prepend(card);

  const setState = (state, text) => {
    card.dataset.state = state;
    part('.state').textContent = text;
  };
  setState('waiting', 'Waiting');

  return {
    // The last percent is the response: until then bytes may still be in flight to Imgwire.
    showProgress(fraction) {
      const percent = Math.min(99, Math.floor(fraction * 100));
      part('progress').value = percent;
      setState('sending', `${percent} %`);
    },
    showImage(image) {
      part('progress').value = 100;
      setState('stored', 'Stored');
      part('.pictures').hidden = false;
      showPicture(part('.thumbnail'), image.thumbnail, `${file.name}, thumbnail`);
      showPicture(part('.large'), image.large, `${file.name}, large`);
      news.textContent = `${file.name} is stored.`;
    },
    showProblem({ detail, code }) {
      setState('failed', 'Failed');
      part('progress').hidden = true;
      part('.problem').hidden = false;
      part('.detail').textContent = detail;
      part('.code').textContent = code;
      news.textContent = `${file.name} failed: ${detail}`;
    },
  };
}

function humanSize(bytes) {
  const [value, unit] = bytes < 1_000_000 ? [bytes / 1000, 'kilobyte'] : [bytes / 1_000_000, 'megabyte'];
  return value.toLocaleString('en', { style: 'unit', unit, maximumFractionDigits: value < 10 ? 1 : 0 });
}
