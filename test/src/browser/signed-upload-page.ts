import type { Page } from 'playwright-core';

/** Logs in with what the page of the signed-upload example says itself. */
export async function logIn(page: Page, password = 'imgwire'): Promise<void> {
  await page.getByLabel('User').fill('demo');
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Log in', exact: true }).click();
  await page.getByText(password === 'imgwire' ? 'Logged in as' : 'That is not the user').waitFor();
}
