import { lockChoice } from '../../shared/choose-files.js';

const load = () => fetch('api/session').then((response) => response.json());
const form = document.querySelector('#login');
const problem = document.querySelector('#login-problem');

/** Who is logged in at first, and how this page reaches Imgwire. */
export const session = load();

/** Shows who is logged in, or the form to do so, now and after each change. */
export function watchSession() {
  void session.then(show);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void logIn();
  });
  document.querySelector('#logout').addEventListener('submit', (event) => {
    event.preventDefault();
    void logOut();
  });
}

async function logIn() {
  const { ok } = await fetch('login', { method: 'POST', body: new URLSearchParams(new FormData(form)) });
  problem.hidden = ok;
  // The name stays.
  form.elements.password.value = '';
  if (!ok) {
    form.elements.password.focus();
    return;
  }
  await reloadSession();
  document.querySelector('#files').focus();
}

async function logOut() {
  await fetch('logout', { method: 'POST' });
  await reloadSession();
  form.elements.user.focus();
}

/** Shows where the images go. Only an emulator speaks http, and it has a page. */
export async function showService() {
  const { baseUrl } = (await session).imgwire;
  const link = Object.assign(document.createElement('a'), { href: baseUrl, textContent: baseUrl });
  document.querySelector('#service').append('Images go to ', baseUrl.startsWith('http:') ? link : baseUrl);
}

/** Shows whether the session has ended, such as in another tab. */
export async function reloadSession() {
  show(await load());
}

function show({ user }) {
  form.hidden = user !== null;
  document.querySelector('#logout').hidden = user === null;
  document.querySelector('#user').textContent = user;
  lockChoice(user === null ? 'You are logged out. Log in to upload.' : '');
}
