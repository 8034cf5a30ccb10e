/** Who is logged in, and how this page reaches Imgwire. */
export const session = fetch('api/session').then((response) => response.json());

/** Shows who is logged in, or the form to do so. */
export async function showSession() {
  const { user } = await session;
  document.querySelector('#login').hidden = user !== null;
  document.querySelector('#logout').hidden = user === null;
  document.querySelector('#user').textContent = user;
  document.querySelector('#login-problem').hidden = !location.search.includes('login=failed');
}
