let isPressed = false;
let release = () => undefined;
let released = Promise.resolve();

/** Resolves when the button of the pointer is up: if what it is pressed on is drawn anew, or moves, there is no click. */
export const untilReleased = () => released;

function see({ buttons }) {
  if (isPressed === Boolean(buttons & 1)) return;
  isPressed = !isPressed;
  // The click comes after the release, in the same task.
  if (!isPressed) setTimeout(release);
  else {
    released = new Promise((resolve) => {
      release = resolve;
    });
  }
}

// A list or a menu of the browser keeps the release to itself: then a move or a key tells that there was one.
for (const type of ['pointerdown', 'pointermove', 'pointerup', 'pointercancel', 'keydown']) {
  addEventListener(type, see, { capture: true });
}
