const narrow = matchMedia('(max-width: 40rem)');

/**
 * Shows so many of the things of a list, and more of them with each press of the button; `redraw` is called then. Returns the
 * function that cuts the things to those that are shown.
 */
export function showMore(list, button, { wide, small }, redraw) {
  const step = narrow.matches ? small : wide;
  let most = step;
  button.addEventListener('click', () => {
    const first = most;
    most += 2 * step;
    redraw();
    // The button may be gone.
    list.children[first]?.querySelector('button, summary')?.focus();
  });
  return (things) => {
    const left = things.length - most;
    button.hidden = left <= 0;
    button.textContent = `Show ${Math.min(2 * step, left)} more of ${things.length}`;
    return things.slice(0, most);
  };
}
