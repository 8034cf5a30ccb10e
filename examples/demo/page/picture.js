const WAITS_MS = [500, 1000, 2000, 4000, 8000];

/** Loads a picture into its figure, with a link to it and its dimensions. */
export function showPicture(picture, url, alt) {
  const figure = picture.closest('figure');
  const waits = [...WAITS_MS];
  picture.onload = () => {
    figure.querySelector('.pixels').textContent = `${picture.naturalWidth} × ${picture.naturalHeight}`;
  };
  // Imgwire needs a moment before it delivers the bytes it has received.
  picture.onerror = () => {
    const wait = waits.shift();
    if (wait) setTimeout(() => (picture.src = url), wait);
    else figure.querySelector('.pixels').textContent = 'this browser cannot show it';
  };
  picture.alt = alt;
  picture.src = url;
  figure.querySelector('a').href = url;
}
