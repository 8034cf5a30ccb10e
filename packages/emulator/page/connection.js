import { copyButton } from './copy.js';
import { byId, make } from './elements.js';

/** Loads where the emulator is and its keys, and shows them. */
export async function showConnection() {
  const response = await fetch('/_emulator/connection');
  const connection = await response.json();
  const { base_url: url, api_key: apiKey, client_key: clientKey } = connection;
  const environment = `IMGWIRE_API_BASE_URL=${url}\nIMGWIRE_API_KEY=${apiKey}`;
  byId('connection').replaceChildren(
    ...row('Address', url, 'the address'),
    ...row('Server key', apiKey, 'the server key'),
    ...row('Client key', clientKey, 'the client key'),
    ...row('Environment', environment, 'the lines for the environment'),
  );
  return connection;
}

function row(name, value, what) {
  const code = make('code', { textContent: value });
  return [
    make('dt', { textContent: name }),
    make(
      'dd',
      {},
      code,
      copyButton(what, () => value),
    ),
  ];
}
