import { showName } from '../../packages/emulator/page/show-name.js';
import { copyOnClick } from './copy-on-click.js';
import { showPicture } from './show-picture.js';

const uploads = document.querySelector('#uploads');
const news = document.querySelector('#news');
const template = document.createElement('template');
template.innerHTML = `<li class="panel row">
  <button class="picture" type="button" disabled><img alt="" hidden /></button>
  <div class="head">
    <span class="name"></span>
    <button class="cancel plain small" type="button" hidden>Cancel</button>
    <button class="retry plain small" type="button" hidden>Try again</button>
  </div>
  <p class="facts"><span class="size"></span> <span class="state"></span> <code class="said"></code> <span class="note"></span></p>
  <div class="outcomes">
    <progress max="100" value="0"></progress>
    <div class="results away">
      <button class="copy-url plain small" type="button">Copy URL</button>
      <button class="copy-id plain small" type="button">Copy id</button>
      <button class="delete plain small" type="button">Delete</button>
    </div>
    <p class="message problem" hidden></p>
  </div>
</li>`;

/**
 * Adds a file to the list, and returns the functions that show how its upload goes. There is a button for each of `onCancel`, `onRetry`,
 * `onShow` and `onDelete` that is given.
 */
export function addRow(file, { onCancel, onRetry, onShow, onDelete }) {
  const row = template.content.cloneNode(true).firstElementChild;
  const part = (selector) => row.querySelector(selector);
  showName(part('.name'), file.name);
  part('.size').textContent = humanSize(file.size);
  part('progress').setAttribute('aria-label', `Upload of ${file.name}`);
  setButton(part('.picture'), `Show ${file.name}`, onShow);
  setButton(part('.cancel'), `Cancel ${file.name}`, onCancel);
  setButton(part('.retry'), `Try ${file.name} again`, onRetry);
  setButton(
    part('.delete'),
    `Delete ${file.name}`,
    onDelete && (() => void remove(row, file.name, onDelete)),
  );
  // At the end: nothing above it moves, and the rows are in the order of choice.
  uploads.append(row);

  const showLoss = (state, words, { message, code = '', status }) => {
    setState(row, state, words);
    part('.message').textContent = message;
    part('.said').textContent = [status || '', code].join(' ').trim();
    news.textContent = `${file.name}: ${words}. ${message}`;
  };

  return {
    showWaiting() {
      part('progress').value = 0;
      part('.said').textContent = '';
      setState(row, 'waiting', 'Waiting');
    },
    // The last percent is the response: bytes that have left the browser are not yet an image.
    showProgress({ phase, loaded, total }) {
      const percent = Math.min(99, Math.floor((100 * loaded) / (total || 1)));
      part('progress').value = percent;
      setState(row, 'sending', phase === 'processing' ? 'Sent, storing…' : `${percent} %`);
    },
    /** Shows what has come of it: its `id`, its `url`, a `thumbnail`, and what the server `said`. */
    showStored({ id, url, thumbnail = url, said = '' }) {
      part('progress').value = 100;
      part('.said').textContent = said;
      showPicture(part('img'), thumbnail, file.name, (_dimensions, problem = '') => {
        part('.note').textContent = problem;
      });
      copyOnClick(part('.copy-url'), `Copy the URL of ${file.name}`, url);
      copyOnClick(part('.copy-id'), `Copy the id of ${file.name}`, id);
      setState(row, 'stored', 'Stored');
      news.textContent = `${file.name} is stored.`;
    },
    showCancelled: () => showLoss('cancelled', 'Cancelled', { message: 'You have cancelled the upload.' }),
    showProblem: (error) => showLoss('failed', 'Failed', error),
  };
}

/** All outcomes of a row have the same place, so that nothing below it moves when one of them is known. */
function setState(row, state, words) {
  const part = (selector) => row.querySelector(selector);
  const isUnderWay = state === 'waiting' || state === 'sending';
  const isLost = state === 'cancelled' || state === 'failed';
  const hadFocus = row.contains(document.activeElement);
  row.dataset.state = state;
  part('.state').textContent = words;
  part('.picture').disabled = state !== 'stored' || !part('.picture').onclick;
  part('.cancel').hidden = !isUnderWay || !part('.cancel').onclick;
  part('.retry').hidden = !isLost;
  part('.message').hidden = !isLost;
  part('.delete').hidden = !part('.delete').onclick;
  part('.results').classList.toggle('away', state !== 'stored');
  part('progress').classList.toggle('away', !isUnderWay);
  // The button that was pressed is gone; another one has taken its place.
  if (hadFocus) focusIn(row);
}

async function remove(row, name, onDelete) {
  const button = row.querySelector('.delete');
  button.disabled = true;
  try {
    await onDelete();
    const neighbour = row.nextElementSibling ?? row.previousElementSibling;
    row.remove();
    news.textContent = `${name} is deleted.`;
    if (neighbour) focusIn(neighbour);
    else document.querySelector('#files').focus();
  } catch ({ message }) {
    button.disabled = false;
    row.querySelector('.note').textContent = `Not deleted: ${message}`;
    news.textContent = `${name} is not deleted. ${message}`;
  }
}

function focusIn(row) {
  [...row.querySelectorAll('button:enabled')]
    .find((button) => button.checkVisibility({ visibilityProperty: true }))
    ?.focus();
}

function setButton(button, name, onClick) {
  button.setAttribute('aria-label', name);
  // After the first click of a double click, the button of another action or of another row is where this one was.
  button.onclick = onClick && (({ detail }) => detail < 2 && onClick());
}

function humanSize(bytes) {
  const [divisor, unit] = bytes < 1000 ? [1, 'B'] : bytes < 1e6 ? [1e3, 'kB'] : [1e6, 'MB'];
  const value = bytes / divisor;
  const maximumFractionDigits = divisor > 1 && value < 10 ? 1 : 0;
  return `${value.toLocaleString('en', { maximumFractionDigits })} ${unit}`;
}
