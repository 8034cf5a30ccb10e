const WAITS_MS = [500, 1000, 2000, 4000, 8000];

/** Loads a picture, and tells its dimensions, or else why it is not shown. */
export function showPicture(picture, url, alt, tell) {
  const waits = [...WAITS_MS];
  picture.onload = () => tell(`${picture.naturalWidth} × ${picture.naturalHeight}`);
  // Imgwire needs a moment before it delivers the bytes it has received. Another picture may be in its place by then.
  picture.onerror = () => {
    const wait = waits.shift();
    if (wait === undefined) tell('', 'this browser cannot show it');
    else
      setTimeout(() => {
        if (picture.alt === alt) picture.src = url;
      }, wait);
  };
  picture.alt = alt;
  picture.src = url;
  picture.hidden = false;
}
