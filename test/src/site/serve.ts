import { readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';
import { root } from '../docs/markdown.ts';
import { listen } from '../support/listen.ts';

const DIST = join(root, 'docs/site/dist');
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
  '.md': 'text/markdown; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
};

/** The files of the built site, below its folder. */
export const builtFiles = (ending: string): string[] =>
  readdirSync(DIST, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith(ending));

/** The text of a built file. */
export const builtText = (name: string): string => readFileSync(join(DIST, name), 'utf8');

/** The file that is served under a path, as a plain server of files finds it; undefined if there is none. */
export function fileAt(path: string): string | undefined {
  const bare = decodeURIComponent(path).replace(/^\/|\/$/g, '');
  const isFile = (name: string): boolean =>
    statSync(join(DIST, name), { throwIfNoEntry: false })?.isFile() ?? false;
  return [bare, `${bare}.html`, join(bare, 'index.html')].find(isFile);
}

/** Serves the built site. */
export async function serveSite(): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server = createServer((req, res) => {
    const file = fileAt(new URL(req.url ?? '', 'http://localhost').pathname);
    res.writeHead(file ? 200 : 404, { 'content-type': TYPES[extname(file ?? '.html')] ?? '' });
    res.end(readFileSync(join(DIST, file ?? '404.html')));
  });
  const url = await listen(server);
  return {
    url,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
