import { showPicture } from './picture.js';

const template = document.querySelector('#upload');
const uploads = document.querySelector('#uploads');
const news = document.querySelector('#news');

/** Adds a file to the page, and returns the functions that show how its upload goes. */
export function addCard(file, { onCancel, onRetry }) {
  const card = template.content.cloneNode(true).firstElementChild;
  const part = (selector) => card.querySelector(selector);
  part('.name').textContent = file.name;
  part('.size').textContent = humanSize(file.size);
  part('progress').setAttribute('aria-label', `Upload of ${file.name}`);
  addButton(part('.cancel'), `Cancel ${file.name}`, onCancel);
  addButton(part('.retry'), `Try ${file.name} again`, onRetry);
  // At the end: nothing above it moves, and the cards are in the order of choice.
  uploads.append(card);

  const setState = (state, text) => {
    const isUnderWay = state === 'waiting' || state === 'sending';
    const isLost = state === 'cancelled' || state === 'failed';
    const hadFocus = card.contains(document.activeElement);
    card.dataset.state = state;
    part('.state').textContent = text;
    part('.cancel').hidden = !isUnderWay;
    part('.retry').hidden = !isLost;
    part('.message').hidden = !isLost;
    part('.pictures').classList.toggle('away', isLost);
    // The button that was pressed is gone; the other one has taken its place.
    if (hadFocus) card.querySelector('button:not([hidden])')?.focus();
  };

  const showLoss = (state, text, { message, code = '' }) => {
    setState(state, text);
    part('progress').value = 0;
    part('.detail').textContent = message;
    part('.code').textContent = code;
    news.textContent = `${file.name}: ${text}. ${message}`;
  };

  return {
    showWaiting() {
      part('progress').value = 0;
      setState('waiting', 'Waiting');
    },
    // The last percent is the response: until then bytes may still be in flight to Imgwire.
    showProgress(fraction) {
      const percent = Math.min(99, Math.floor(fraction * 100));
      part('progress').value = percent;
      setState('sending', `${percent} %`);
    },
    showImage(image) {
      part('progress').value = 100;
      setState('stored', 'Stored');
      showPicture(part('.thumbnail'), image.thumbnail, `${file.name}, thumbnail`);
      showPicture(part('.large'), image.large, `${file.name}, large`);
      news.textContent = `${file.name} is stored.`;
    },
    showCancelled() {
      showLoss('cancelled', 'Cancelled', { message: 'You have cancelled the upload.' });
    },
    showProblem(error) {
      showLoss('failed', 'Failed', error);
    },
  };
}

function addButton(button, name, onClick) {
  button.setAttribute('aria-label', name);
  button.addEventListener('click', onClick);
}

function humanSize(bytes) {
  const [divisor, unit] = bytes < 1000 ? [1, 'B'] : bytes < 1e6 ? [1e3, 'kB'] : [1e6, 'MB'];
  const value = bytes / divisor;
  const maximumFractionDigits = divisor > 1 && value < 10 ? 1 : 0;
  return `${value.toLocaleString('en', { maximumFractionDigits })} ${unit}`;
}
