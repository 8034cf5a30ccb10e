const news = document.querySelector('#news');

/** Copies the text at each click on the button, and says so on it for a moment. */
export function copyOnClick(button, name, text) {
  const words = button.textContent;
  button.setAttribute('aria-label', name);
  button.onclick = async () => {
    await navigator.clipboard.writeText(text);
    button.classList.add('copied');
    button.textContent = 'Copied';
    news.textContent = `Copied: ${text}`;
    setTimeout(() => {
      button.classList.remove('copied');
      button.textContent = words;
    }, 2000);
  };
}
