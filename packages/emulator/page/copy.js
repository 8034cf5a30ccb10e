import { make, say } from './elements.js';

const SHOWN_MS = 2000;

/** A button that copies what `read` returns; `what` names it for those who do not see where it stands. */
export function copyButton(what, read, text = 'Copy') {
  const button = make('button', { type: 'button', className: 'plain small', textContent: text });
  button.setAttribute('aria-label', `Copy ${what}`);
  button.addEventListener('click', () => copy(button, what, read(), text));
  return button;
}

async function copy(button, what, value, text) {
  try {
    await navigator.clipboard.writeText(value);
    say(`Copied ${what}.`);
    button.textContent = 'Copied';
    setTimeout(() => (button.textContent = text), SHOWN_MS);
  } catch {
    // Only pages of https and of this machine may write to the clipboard; the address may be that of a container.
    window.prompt(`Copy ${what} from here:`, value);
  }
}
