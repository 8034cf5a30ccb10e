const WAITS_MS = [500, 1000, 2000, 4000, 8000];

/** Loads a picture into its figure, with a link to it and its dimensions. */
export function showPicture(picture, url, alt) {
  const figure = picture.closest('figure');
  const pixels = figure.querySelector('.pixels');
  const waits = [...WAITS_MS];
  picture.onload = () => {
    pixels.textContent = `${picture.naturalWidth} × ${picture.naturalHeight}`;
  };
  // Imgwire needs a moment before it delivers the bytes it has received.
  picture.onerror = () => {
    const wait = waits.shift();
    if (wait) setTimeout(() => (picture.src = url), wait);
    else pixels.textContent = 'this browser cannot show it';
  };
  picture.alt = alt;
  picture.src = url;
  picture.hidden = false;
  const link = figure.querySelector('a');
  link.href = url;
  link.classList.remove('away');
}
