// Sends the form, and shows on this page what is wrong with it: on a new page the chosen files would be gone.
const form = document.querySelector('#upload');
const button = form.querySelector('button');

form.addEventListener('submit', (event) => {
  event.preventDefault();
  void send();
});

async function send() {
  button.disabled = true;
  button.textContent = 'Uploading…';
  try {
    const response = await fetch(form.action, {
      method: 'POST',
      body: new FormData(form),
      redirect: 'manual',
    });
    if (response.type === 'opaqueredirect') {
      location.assign('/');
      return;
    }
    const page = new DOMParser().parseFromString(await response.text(), 'text/html');
    document.querySelector('#problem').textContent = page.querySelector('[role=alert]').textContent;
  } catch {
    document.querySelector('#problem').textContent = 'The connection was lost. Try again.';
  }
  button.disabled = false;
  button.textContent = 'Upload';
}
