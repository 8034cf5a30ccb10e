import { META_PLATFORMS } from './meta-platforms.ts';
import { NODE_PLATFORMS } from './node-platforms.ts';
import { files, type Platform, routeFiles } from './platform.ts';

const HONO = `
import { Hono } from 'hono';
import { avatar, failing, streamed } from './avatar.js';

export const app = new Hono();
app.get('/', (c) => c.text('ready'));
app.post('/avatar', (c) => avatar(c.req.raw));
app.post('/streamed', (c) => streamed(c.req.raw));
app.post('/failing', (c) => failing(c.req.raw));
`;

const ELYSIA = `
import { Elysia } from 'elysia';
import { avatar, failing, streamed } from './avatar.js';

new Elysia()
  .get('/', () => 'ready')
  .post('/avatar', ({ request }) => avatar(request), { parse: 'none' })
  .post('/streamed', ({ request }) => streamed(request), { parse: 'none' })
  .post('/failing', ({ request }) => failing(request), { parse: 'none' })
  .listen(Number(process.env.PORT));
`;

const NEXT_LAYOUT = `
export default function Layout({ children }) {
  return <html lang="en"><body>{children}</body></html>;
}
`;

/** Made where there is no key, as `next build` does; and a page that reads nothing of its request. */
const NEXT_IMGWIRE = `
import { createImgwire } from '@imgwire/web';

export const imgwire = createImgwire();
`;
const NEXT_TOKEN = `
import { imgwireUploadToken } from '@imgwire/web';

export const POST = imgwireUploadToken({ authorize: () => true });
`;
const NEXT_LIST = `
import { connection } from 'next/server';
import { imgwire } from '../../imgwire.js';

export default async function Page() {
  await connection();
  const { data } = await imgwire.list();
  return <ul>{data.map(({ id }) => <li key={id}>{id}</li>)}</ul>;
}
`;

/** What Bun's install script does; npm runs none here. */
const PLACE_BUN = ['node', 'node_modules/bun/install.js'];

/** Those whose handlers take a web request. */
export const PLATFORMS: readonly Platform[] = [
  {
    name: 'Hono on Node',
    packages: { hono: '^4.0.0', '@hono/node-server': '^2.0.0' },
    files: files({
      'app.js': HONO,
      'server.js': `
        import { serve } from '@hono/node-server';
        import { app } from './app.js';
        serve({ fetch: app.fetch, port: Number(process.env.PORT) });
      `,
    }),
    start: ['node', 'server.js'],
    streams: true,
    noticesLeaving: true,
    note: 'no limit of its own',
  },
  {
    name: 'Hono on Bun',
    packages: { hono: '^4.0.0', bun: '^1.3.0' },
    files: files({
      'app.js': HONO,
      'server.js': `
        import { app } from './app.js';
        export default { fetch: app.fetch, port: process.env.PORT };
      `,
    }),
    build: PLACE_BUN,
    start: ['bun', 'server.js'],
    streams: true,
    noticesLeaving: true,
    note: '`maxRequestBodySize` of `Bun.serve`, 128 MB by default',
  },
  {
    name: 'Bun.serve',
    packages: { bun: '^1.3.0' },
    files: files({
      'server.js': `
        import { avatar, failing, streamed } from './avatar.js';
        Bun.serve({
          port: process.env.PORT,
          routes: {
            '/': new Response('ready'),
            '/avatar': { POST: avatar },
            '/streamed': { POST: streamed },
            '/failing': { POST: failing },
          },
        });
      `,
    }),
    build: PLACE_BUN,
    start: ['bun', 'server.js'],
    streams: true,
    noticesLeaving: true,
    note: '`maxRequestBodySize`, 128 MB by default',
  },
  {
    name: 'Elysia on Bun',
    packages: { elysia: '^1.4.0', bun: '^1.3.0' },
    files: files({ 'server.js': ELYSIA }),
    build: PLACE_BUN,
    start: ['bun', 'server.js'],
    streams: true,
    noticesLeaving: true,
    note: "with `parse: 'none'`; the limit of `Bun.serve`, 128 MB by default",
  },
  {
    name: 'Deno 2',
    packages: { deno: '^2.0.0' },
    files: files({
      'server.js': `
        import * as routes from './avatar.js';
        Deno.serve({ port: Number(Deno.env.get('PORT')) }, (request) =>
          routes[new URL(request.url).pathname.slice(1)]?.(request) ?? new Response('ready'),
        );
      `,
    }),
    start: ['deno', 'run', '--allow-all', '--node-modules-dir=manual', 'server.js'],
    streams: true,
    noticesLeaving: false,
    note: 'no limit of its own',
  },
  {
    name: 'SvelteKit on Node',
    packages: {
      '@sveltejs/kit': '^2.0.0',
      '@sveltejs/adapter-node': '^5.0.0',
      '@sveltejs/vite-plugin-svelte': '^6.0.0',
      svelte: '^5.0.0',
      vite: '^7.0.0',
    },
    files: files({
      'svelte.config.js': `
        import adapter from '@sveltejs/adapter-node';
        export default { kit: { adapter: adapter() } };
      `,
      'vite.config.js': `
        import { sveltekit } from '@sveltejs/kit/vite';
        import { defineConfig } from 'vite';
        export default defineConfig({ plugins: [sveltekit()] });
      `,
      'src/app.html':
        '<!doctype html><html lang="en"><head>%sveltekit.head%</head><body>%sveltekit.body%</body></html>',
      'src/routes/+server.js': "export const GET = () => new Response('ready');",
      ...routeFiles(
        (name) => `src/routes/${name}/+server.js`,
        (name) => `
          import { ${name} } from '../../../avatar.js';
          export const POST = ({ request }) => ${name}(request);
        `,
      ),
    }),
    build: ['vite', 'build'],
    start: ['node', 'build'],
    env: (url) => ({ ORIGIN: url, BODY_SIZE_LIMIT: '64M' }),
    ownLimit: { env: (url) => ({ ORIGIN: url }), bytes: 512 * 1024, said: /Payload Too Large/ },
    streams: true,
    noticesLeaving: false,
    note: '`BODY_SIZE_LIMIT`, 512 KB by default: set it in the environment',
  },
  {
    name: 'Next.js App Router',
    packages: { next: '^16.0.0', react: '^19.0.0', 'react-dom': '^19.0.0' },
    files: files({
      'app/layout.js': NEXT_LAYOUT,
      'app/page.js': 'export default function Page() {\n  return <p>ready</p>;\n}\n',
      ...routeFiles(
        (name) => `app/${name}/route.js`,
        (name) => `export { ${name} as POST } from '../../avatar.js';`,
      ),
      'app/token/route.js': NEXT_TOKEN,
      'app/images/page.js': NEXT_LIST,
      'imgwire.js': NEXT_IMGWIRE,
    }),
    build: ['next', 'build'],
    start: ['next', 'start'],
    lists: true,
    streams: true,
    noticesLeaving: true,
    note: 'no limit of its own in a route; with a `proxy.js` in front 10 MB',
  },
  ...META_PLATFORMS,
];

/** All frameworks and runtimes that are tested, with the packed packages. */
export const ALL_PLATFORMS: readonly Platform[] = [...NODE_PLATFORMS, ...PLATFORMS];
