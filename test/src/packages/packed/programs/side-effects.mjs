// @ts-nocheck: it looks into globals by their names.
// node side-effects.mjs <import or require> <package>: prints what loading a package has changed in the process.
import { createServer } from 'node:http';
import { createRequire } from 'node:module';

const [, , format, name] = process.argv;

/** Globals with their values, and who listens to the process. */
const look = () => ({
  globals: new Map(
    Reflect.ownKeys(globalThis).map((key) => [key, Object.getOwnPropertyDescriptor(globalThis, key)]),
  ),
  listeners: process.eventNames().map((event) => `${String(event)} ${process.listenerCount(event)}`),
});
// Node makes some globals when they are first read. To read them here would load its fetch before the package can get at it.
const isSame = (one, other) => one?.get !== undefined || Object.is(one?.value, other?.value);

const server = createServer((req, res) => {
  req.resume().once('end', () => res.end(String(req.headers['content-length'])));
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const post = async () => {
  const body = new Uint8Array(5);
  const url = `http://127.0.0.1:${server.address().port}`;
  const response = await fetch(url, { method: 'POST', body, headers: { 'content-length': '5' } });
  return response.text();
};

const before = look();
const loaded = format === 'import' ? await import(name) : createRequire(import.meta.url)(name);
// What is loaded with the first connection.
const imgwire = loaded.createImgwire?.({ apiKey: 'sk_test', baseUrl: 'http://127.0.0.1:9' });
await imgwire?.list().catch(() => undefined);
const after = look();
const changed = [...new Set([...before.globals.keys(), ...after.globals.keys()])].filter(
  (key) => !isSame(before.globals.get(key), after.globals.get(key)),
);
const fetched = await post().catch((error) => String(error.cause ?? error));
console.log(
  JSON.stringify({
    changed: changed.map(String),
    listeners: after.listeners.filter((each) => !before.listeners.includes(each)),
    fetched,
  }),
);
await imgwire?.close();
server.close();
