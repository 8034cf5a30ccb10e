// Calls every route of the service's contract on a fresh emulator and validates every response against it.
// Usage: node --import tsx packages/emulator/src/testing/check-contract.ts <openapi.json>
import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { type Emulator, startEmulator } from '../index.ts';
import { makePng, put, send } from './client.ts';

interface Contract {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: object;
}

interface Operation {
  readonly responses: Readonly<Record<string, Response>>;
}

interface Response {
  readonly headers?: Readonly<Record<string, unknown>>;
}

const file = process.argv[2];
if (!file || !existsSync(file)) {
  process.stdout.write(
    `Contract check: NOT RUN, there is no contract at ${file ?? '(no path was given)'}.\n`,
  );
  process.exit(0);
}

const contract = JSON.parse(readFileSync(file, 'utf8')) as Contract;
const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats(ajv);
ajv.addSchema(contract, 'contract');

const seen = new Map<string, number>();
const failures: string[] = [];

/** Path of the contract that a request matches, exact names before `{names}`. */
function pathOf(path: string): string | undefined {
  const names = Object.keys(contract.paths).sort((a, b) => a.split('{').length - b.split('{').length);
  return names.find((name) => new RegExp(`^${name.replace(/\{\w+\}/g, '[^/]+')}$`).test(path));
}

const FLAT = {
  type: 'object',
  required: ['detail', 'error_type'],
  additionalProperties: false,
  properties: { detail: { type: 'string' }, error_type: { type: 'string' } },
};

/** 200 and 422 have a schema in the contract; the others have the flat shape of its documentation. */
function schemaOf(name: string, method: string, status: number): object {
  if (status !== 200 && status !== 422) return FLAT;
  const pointer = [name, method, 'responses', String(status), 'content', 'application/json', 'schema'];
  const path = pointer.map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1')));
  return { $ref: `contract#/paths/${path.join('/')}` };
}

let emulator: Emulator;

/** One request; its response is validated against the contract. */
async function call(
  method: string,
  path: string,
  expected: number,
  body?: unknown,
  headers: Record<string, string> = {},
) {
  const reply = await send(emulator.url + path, {
    method,
    headers: { authorization: `Bearer ${emulator.apiKey}`, 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const name = pathOf(path.split('?')[0] ?? '');
  const operation = name && contract.paths[name]?.[method.toLowerCase()];
  const key = `${method} ${name ?? path}`;
  if (!name || !operation) failures.push(`${key}: not in the contract`);
  else {
    if (reply.status !== expected)
      failures.push(`${key}: ${reply.status} instead of ${expected}: ${reply.text}`);
    const validate = ajv.compile(schemaOf(name, method.toLowerCase(), reply.status));
    if (!validate(reply.json))
      failures.push(`${key} ${reply.status}: ${ajv.errorsText(validate.errors)}\n  ${reply.text}`);
    const missing = Object.keys(operation.responses[String(reply.status)]?.headers ?? {}).filter(
      (header) => !reply.headers.has(header),
    );
    if (missing.length > 0) failures.push(`${key} ${reply.status}: without ${missing.join(', ')}`);
    seen.set(`${key} ${reply.status}`, (seen.get(`${key} ${reply.status}`) ?? 0) + 1);
  }
  return reply.json;
}

const API = '/api/v1';

async function checkImages(): Promise<void> {
  const full = {
    file_name: 'a.png',
    mime_type: 'image/png',
    hash_sha256: 'x',
    idempotency_key: 'k',
    purpose: 'p',
    custom_metadata: { a: 1, b: 'x', c: true, d: 0.5 },
  };
  for (const body of [{ file_name: 'a' }, full, full])
    await call('POST', `${API}/images/standard_upload`, 200, body);
  const { image, upload_url } = await call('POST', `${API}/images/standard_upload`, 200, {
    file_name: 'b.png',
  });
  const path = `${API}/images/${image.id}`;
  await call('GET', path, 200);
  await put(upload_url, makePng());
  await call('GET', path, 200);
  const broken = await call('POST', `${API}/images/standard_upload`, 200, { file_name: 'c.png' });
  await put(broken.upload_url, Buffer.from('no image'));
  await call('GET', `${API}/images/${broken.image.id}`, 200);
  for (const query of ['', '?page=2&limit=1', '?page=99']) await call('GET', `${API}/images/${query}`, 200);
  await call('GET', `${API}/images/?limit=0`, 422);
  await call('POST', `${API}/images/upload_via_url`, 200, { url: emulator.images.get(image.id)?.cdn_url });
  await call('POST', `${API}/images/upload_via_url`, 422, { url: 'x' });
  await call('POST', `${API}/images/upload_via_url`, 400, { url: 'http://127.0.0.1:1/' });
  const job = await call('POST', `${API}/images/downloads`, 200, { image_ids: [image.id] });
  await call('GET', `${API}/images/downloads/${job.id}`, 200);
  await call('GET', `${API}/images/downloads/${randomUUID()}`, 404);
  await call('GET', `${API}/images/downloads/x`, 422);
  await call('POST', `${API}/images/downloads`, 422, { image_ids: [] });
  await call('DELETE', path, 200);
  await call('DELETE', path, 404);
  await call('GET', path, 404);
  await call('GET', `${API}/images/x`, 422);
  await call('DELETE', `${API}/images/x`, 422);
  await call('POST', `${API}/images/bulk_delete`, 200, { image_ids: [image.id] });
  await call('POST', `${API}/images/bulk_delete`, 422, '{');
}

async function checkTheRest(): Promise<void> {
  const { token } = await call('POST', `${API}/images/token`, 200);
  const upload = `${API}/images/standard_upload?upload_token=`;
  await call('POST', upload + token, 200, { file_name: 'a' });
  await call('POST', upload + token, 401, { file_name: 'a' });
  for (const body of [
    {},
    [],
    '{',
    { file_name: 'a', mime_type: 'image/svg+xml', custom_metadata: { a: null } },
  ]) {
    await call('POST', `${API}/images/standard_upload`, 422, body);
  }
  const origin = await call('POST', `${API}/cors_origins/`, 200, { pattern: 'a.example' });
  await call('POST', `${API}/cors_origins/`, 422, {});
  await call('GET', `${API}/cors_origins/`, 200);
  await call('GET', `${API}/cors_origins/${origin.id}`, 200);
  await call('PATCH', `${API}/cors_origins/${origin.id}`, 200, { pattern: 'b.example' });
  await call('DELETE', `${API}/cors_origins/${origin.id}`, 200);
  await call('GET', `${API}/cors_origins/${origin.id}`, 404);
  await call('GET', `${API}/custom_domain/`, 404);
  await call('POST', `${API}/custom_domain/`, 422, { hostname: 'x' });
  await call('POST', `${API}/custom_domain/`, 200, { hostname: 'img.example.com' });
  await call('POST', `${API}/custom_domain/`, 409, { hostname: 'img.example.com' });
  await call('GET', `${API}/custom_domain/`, 200);
  await call('POST', `${API}/custom_domain/test_connection`, 200);
  await call('DELETE', `${API}/custom_domain/`, 200);
  for (const interval of ['HOURLY', 'DAILY', 'WEEKLY', 'MONTHLY']) {
    await call('GET', `${API}/metrics/datasets?interval=${interval}`, 200);
    await call('GET', `${API}/metrics/stats?interval=${interval}&tz=UTC`, 200);
  }
  await call('GET', `${API}/metrics/stats?interval=x`, 422);
  await call('GET', '/health', 200);
}

/** Every route without a key, and with an environment that is not a UUID. */
async function checkEveryRoute(): Promise<void> {
  for (const [name, operations] of Object.entries(contract.paths)) {
    for (const method of Object.keys(operations).map((key) => key.toUpperCase())) {
      if (name === '/health') continue;
      const path = name.replace(/\{\w+\}/g, randomUUID());
      await call(method, path, 401, undefined, { authorization: 'Bearer wrong' });
      await call(method, path, 422, undefined, { 'x-environment-id': 'wrong' });
    }
  }
}

emulator = await startEmulator();
await checkImages();
await checkTheRest();
await checkEveryRoute();
await emulator.close();

const routes = Object.entries(contract.paths).flatMap(([name, operations]) =>
  Object.keys(operations).map((method) => `${method.toUpperCase()} ${name}`),
);
for (const route of routes)
  if (!seen.has(`${route} 200`)) failures.push(`${route}: never responded with 200`);
const responses = [...seen.values()].reduce((total, count) => total + count, 0);
process.stdout.write(
  `Contract check: ${routes.length} routes, ${responses} responses of ${seen.size} kinds, ${failures.length} failures.\n`,
);
for (const failure of failures) process.stdout.write(`  ${failure}\n`);
process.exitCode = failures.length > 0 ? 1 : 0;
