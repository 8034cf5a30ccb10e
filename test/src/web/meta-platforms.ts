import { files, type Platform, routeFiles } from './platform.ts';

const REACT = { react: '^19.0.0', 'react-dom': '^19.0.0' };

const reactRouter = (version: string, vite: string, node: Pick<Platform, 'node'> = {}): Platform => ({
  name: `React Router ${version.split('.', 1)}`,
  ...node,
  packages: {
    // They take no other patch of each other than their own, and are not all published at once.
    ...{ 'react-router': version, '@react-router/dev': version },
    ...{ '@react-router/node': version, '@react-router/serve': version },
    ...{ ...REACT, isbot: '^5.0.0', vite },
  },
  files: files({
    'vite.config.js': `
      import { reactRouter } from '@react-router/dev/vite';
      import { defineConfig } from 'vite';
      export default defineConfig({ plugins: [reactRouter()] });
    `,
    'app/root.jsx': `
      import { Outlet } from 'react-router';
      export default function Root() {
        return <html lang="en"><body><Outlet /></body></html>;
      }
    `,
    'app/home.jsx': 'export default function Home() {\n  return <p>ready</p>;\n}\n',
    'app/routes.js': `
      import { index, route } from '@react-router/dev/routes';
      const routes = ['avatar', 'streamed', 'failing'];
      export default [index('home.jsx'), ...routes.map((name) => route(name, name + '.js'))];
    `,
    ...routeFiles(
      (name) => `app/${name}.js`,
      (name) => `
        import { ${name} } from '../avatar.js';
        export const action = ({ request }) => ${name}(request);
      `,
    ),
  }),
  build: ['react-router', 'build'],
  start: ['react-router-serve', 'build/server/index.js'],
  streams: true,
  noticesLeaving: true,
  note: 'no limit of its own',
});

/** Nitro 2 makes a web request without backpressure, and without a signal. */
const NUXT_HANDLER = `
import { createImgwire, imgwireErrorResponse } from '@imgwire/web';
import { defineEventHandler } from 'h3';

const imgwire = createImgwire();

export const AVATAR = { fields: [{ name: 'avatar', maxCount: 1 }] };
export function imgwireHandler(rules, handle) {
  const receive = imgwire.receiver(rules);
  return defineEventHandler(async ({ node: { req, res } }) => {
    try {
      return handle(await receive(req, res));
    } catch (error) {
      const response = imgwireErrorResponse(error);
      if (response) return response;
      throw error;
    }
  });
}
`;

/** Frameworks whose handlers take a web request, and whose projects are built first; and what they stand on. */
export const META_PLATFORMS: readonly Platform[] = [
  {
    name: 'Elysia on Node',
    packages: { elysia: '^1.4.0', '@elysiajs/node': '^1.4.0' },
    files: files({
      'server.js': `
        import { node } from '@elysiajs/node';
        import { Elysia } from 'elysia';
        import { avatar, failing, streamed } from './avatar.js';

        new Elysia({ adapter: node() })
          .get('/', () => 'ready')
          .post('/avatar', ({ request }) => avatar(request), { parse: 'none' })
          .post('/streamed', ({ request }) => streamed(request), { parse: 'none' })
          .post('/failing', ({ request }) => failing(request), { parse: 'none' })
          .listen(Number(process.env.PORT));
      `,
    }),
    start: ['node', 'server.js'],
    streams: true,
    noticesLeaving: true,
    note: "with `parse: 'none'`; no limit of its own",
  },
  {
    name: 'h3 2',
    packages: { h3: '^2.0.0' },
    files: files({
      'server.js': `
        import { H3, serve } from 'h3';
        import { avatar, failing, streamed } from './avatar.js';

        const app = new H3();
        app.get('/', () => 'ready');
        app.post('/avatar', (event) => avatar(event.req));
        app.post('/streamed', (event) => streamed(event.req));
        app.post('/failing', (event) => failing(event.req));
        serve(app, { port: Number(process.env.PORT) });
      `,
    }),
    start: ['node', 'server.js'],
    streams: true,
    noticesLeaving: true,
    note: 'no limit of its own',
  },
  {
    name: 'Nuxt 4',
    node: '24',
    packages: { nuxt: '^4.0.0' },
    files: {
      'nuxt.config.js': "export default { compatibilityDate: '2026-01-01' };\n",
      'app/app.vue': '<template><p>ready</p></template>\n',
      'server/utils/imgwire-handler.js': NUXT_HANDLER,
      'server/routes/avatar.post.js': `
        export default imgwireHandler(AVATAR, ({ files, fields }) => {
          const [{ image, size } = {}] = files;
          return { image, url: image?.url({ width: 100 }), images: files.length, size, fields };
        });
      `,
      'server/routes/streamed.post.js': `
        import { PassThrough } from 'node:stream';
        export default imgwireHandler({ ...AVATAR, discardOnError: true }, () => {
          const body = new PassThrough();
          body.write('one ');
          return body;
        });
      `,
      'server/routes/failing.post.js': `
        export default imgwireHandler({ ...AVATAR, discardOnError: true }, () => {
          throw new Error('a bug of the application');
        });
      `,
    },
    build: ['nuxt', 'build'],
    start: ['node', '.output/server/index.mjs'],
    streams: true,
    noticesLeaving: true,
    note: "with Node's request; no limit of its own",
  },
  reactRouter('7.18.4', '^7.0.0'),
  reactRouter('8.4.0', '^8.0.0', { node: '24' }),
  {
    name: 'Astro',
    node: '24',
    packages: { astro: '^7.0.0', '@astrojs/node': '^11.0.0' },
    files: files({
      'astro.config.js': `
        import node from '@astrojs/node';
        export default { output: 'server', adapter: node({ mode: 'standalone' }) };
      `,
      'src/pages/index.astro': '<p>ready</p>\n',
      ...routeFiles(
        (name) => `src/pages/${name}.js`,
        (name) => `
          import { ${name} } from '../../avatar.js';
          export const POST = ({ request }) => ${name}(request);
        `,
      ),
    }),
    build: ['astro', 'build'],
    start: ['node', 'dist/server/entry.mjs'],
    streams: true,
    noticesLeaving: true,
    note: '`bodySizeLimit` of `@astrojs/node`, 1 GB by default',
  },
  {
    name: 'TanStack Start',
    node: '24',
    packages: {
      ...{ '@tanstack/react-start': '^1.169.0', '@tanstack/react-router': '^1.170.0', srvx: '^1.0.0' },
      ...{ ...REACT, vite: '^8.0.0', '@vitejs/plugin-react': '^6.0.0' },
    },
    files: files({
      'vite.config.js': `
        import { tanstackStart } from '@tanstack/react-start/plugin/vite';
        import react from '@vitejs/plugin-react';
        import { defineConfig } from 'vite';
        export default defineConfig({ plugins: [tanstackStart(), react()] });
      `,
      'src/router.jsx': `
        import { createRouter } from '@tanstack/react-router';
        import { routeTree } from './routeTree.gen';
        export const getRouter = () => createRouter({ routeTree });
      `,
      'src/routes/__root.jsx': `
        import { createRootRoute, Outlet, Scripts } from '@tanstack/react-router';
        export const Route = createRootRoute({
          component: () => <html lang="en"><body><Outlet /><Scripts /></body></html>,
        });
      `,
      'src/routes/index.jsx': `
        import { createFileRoute } from '@tanstack/react-router';
        export const Route = createFileRoute('/')({ component: () => <p>ready</p> });
      `,
      ...routeFiles(
        (name) => `src/routes/${name}.js`,
        (name) => `
          import { createFileRoute } from '@tanstack/react-router';
          import { ${name} } from '../../avatar.js';
          export const Route = createFileRoute('/${name}')({
            server: { handlers: { POST: ({ request }) => ${name}(request) } },
          });
        `,
      ),
    }),
    build: ['vite', 'build'],
    start: ['srvx', '--prod', '-s', '../client', 'dist/server/server.js'],
    streams: true,
    noticesLeaving: true,
    note: 'no limit of its own',
  },
];
