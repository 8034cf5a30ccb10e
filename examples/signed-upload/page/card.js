const template = document.querySelector('#upload');
const uploads = document.querySelector('#uploads');
const news = document.querySelector('#news');

/** Adds a file to the page, and returns the functions that show how its upload goes. */
export function addCard(file) {
  const card = template.content.cloneNode(true).firstElementChild;
  const part = (selector) => card.querySelector(selector);
  part('.name').textContent = file.name;
  part('progress').setAttribute('aria-label', `Upload of ${file.name}`);
  // At the end: nothing above it moves, and the cards are in the order of choice.
  uploads.append(card);

  const setState = (state, text) => {
    card.dataset.state = state;
    part('.state').textContent = text;
  };
  setState('waiting', 'Waiting');

  return {
    // The last percent is for processing: sent bytes are not yet an image that can be shown.
    showProgress({ percent, phase }) {
      part('progress').value = Math.min(99, percent);
      setState('sending', phase === 'processing' ? 'Processing' : `${Math.min(99, percent)} %`);
    },
    showImage({ url, said }) {
      const picture = part('img');
      // Not every browser supports every type: HEIC and JPEG XL are delivered as they are.
      picture.onerror = () => part('.state').append(', but this browser cannot show it');
      picture.src = url;
      picture.alt = file.name;
      picture.hidden = false;
      part('progress').value = 100;
      part('.said').textContent = said;
      setState('stored', 'Stored');
      news.textContent = `${file.name} is stored.`;
    },
    showProblem(text, { code, status }) {
      part('.said').textContent = code ? `${status || ''} ${code}` : '';
      setState('failed', 'Failed');
      part('progress').value = 0;
      part('.frame').classList.add('away');
      part('.message').hidden = false;
      part('.message').textContent = text;
      news.textContent = `${file.name} failed: ${text}`;
    },
  };
}
