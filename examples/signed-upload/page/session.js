/** Who is logged in, and how this page reaches Imgwire. */
export const session = fetch('api/session').then((response) => response.json());

/** Shows where the images go. Only an emulator speaks http, and it has a page. */
export async function showService() {
  const { baseUrl } = (await session).imgwire;
  const link = Object.assign(document.createElement('a'), { href: baseUrl, textContent: baseUrl });
  document.querySelector('#service').append('Images go to ', baseUrl.startsWith('http:') ? link : baseUrl);
}

/** Shows who is logged in, or the form to do so. */
export async function showSession() {
  const { user } = await session;
  document.querySelector('#login').hidden = user !== null;
  document.querySelector('#logout').hidden = user === null;
  document.querySelector('#user').textContent = user;
  document.querySelector('#login-problem').hidden = !location.search.includes('login=failed');
}
