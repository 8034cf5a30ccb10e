import { copyButton } from './copy.js';
import { byId, make } from './elements.js';

/** Loads where the emulator is and its keys, and shows them. */
export async function showConnection() {
  const response = await fetch('/_emulator/connection');
  const connection = await response.json();
  const { base_url: url, api_key: apiKey, client_key: clientKey } = connection;
  const environment = `IMGWIRE_API_BASE_URL=${url}\nIMGWIRE_API_KEY=${apiKey}`;
  byId('address').textContent = url;
  byId('connection').replaceChildren(
    row('Environment', environment, 'the lines for the environment'),
    row('Server key', apiKey, 'the server key'),
    row('Client key', clientKey, 'the client key'),
  );
  byId('first-upload').replaceChildren(...line(uploadLine(url, apiKey)));
  byId('first-request').replaceChildren(...line(`curl ${url}/health`));
  return connection;
}

/** Node.js is where the emulator is. */
function uploadLine(url, apiKey) {
  const create = `curl -s -H 'authorization: Bearer ${apiKey}' -H 'content-type: application/json' -d '{"file_name":"lake.jpg"}' ${url}/api/v1/images/standard_upload`;
  return `curl -T lake.jpg "$(${create} | node -p 'JSON.parse(fs.readFileSync(0)).upload_url')"`;
}

function row(name, value, what) {
  const parts = line(value, what);
  return make('div', {}, make('dt', { textContent: name }), make('dd', { className: 'line' }, ...parts));
}

function line(value, what = 'the line') {
  return [make('code', { textContent: value }), copyButton(what, () => value)];
}
