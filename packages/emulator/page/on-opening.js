/** Calls back before `<details>` opens, so that what it draws then is there from the first frame. */
export function onOpening(details, summary, draw) {
  // Also when it closes: what is drawn already stays.
  summary.addEventListener('click', draw);
  // The search of the browser opens it without a click.
  details.addEventListener('toggle', draw);
}
