import type { Platform } from './platform.ts';

/** A runtime without Node, as a project of its own. */
export type EdgePlatform = Pick<Platform, 'name' | 'packages' | 'files' | 'build' | 'start'>;

/** The routes that every platform mounts. A request has its user in `x-user`. */
const ROUTES = `
import { imageUrl, imgwireDirectUpload, imgwireUploadToken } from '@imgwire/web/edge';

export const routesWith = (connection) => {
  const rules = {
    authorize: ({ headers }) => headers.has('x-user'),
    subject: ({ headers }) => headers.get('x-user'),
    onStored: ({ id }, request, { field }) => ({ saved: id, field, by: request.headers.get('x-user') }),
    requestTimeoutMs: 1000,
    ...connection,
  };
  return {
    direct: imgwireDirectUpload({ ...rules, maxPixels: 10_000 }),
    token: imgwireUploadToken({ ...rules, rules: { accept: ['image/png'] } }),
    shown: async (request) => {
      const { cdnUrl, transformations } = await request.json();
      try {
        return Response.json({ url: imageUrl(cdnUrl, transformations) });
      } catch ({ name, message }) {
        return Response.json({ error: name + ': ' + message });
      }
    },
  };
};
`;

const DISPATCH = `
import { routesWith } from './routes.js';

export const fetchWith = (connection) => {
  const routes = routesWith(connection);
  return (request) => routes[new URL(request.url).pathname.slice(1)]?.(request) ?? new Response('ready');
};
`;

/** The key is a binding, and there is no `process`. Only the emulator is reached. */
const WORKERD_CONFIG = `
using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "main", worker = (
      modules = [(name = "worker", esModule = embed "worker.bundle.js")],
      compatibilityDate = "2025-05-05",
      bindings = [
        (name = "IMGWIRE_API_KEY", fromEnvironment = "IMGWIRE_API_KEY"),
        (name = "IMGWIRE_API_BASE_URL", fromEnvironment = "IMGWIRE_API_BASE_URL"),
      ],
    )),
    (name = "internet", network = (allow = ["private"])),
  ],
  sockets = [(name = "http", http = (), service = "main")],
);
`;

const nextRoute = (name: string): string => `
import { routesWith } from '../../routes.js';

export const runtime = 'edge';
export const { ${name}: POST } = routesWith();
`;

/** The runtimes that are tested, with the packed packages. */
export const EDGE_PLATFORMS: readonly EdgePlatform[] = [
  {
    name: 'workerd',
    packages: { workerd: '^1.20261101.0', esbuild: '^0.25.0' },
    files: {
      'routes.js': ROUTES,
      'dispatch.js': DISPATCH,
      'worker.js': `
        import { env } from 'cloudflare:workers';
        import { fetchWith } from './dispatch.js';
        if (typeof process !== 'undefined' || typeof Buffer !== 'undefined') throw new Error('This is Node');
        export default { fetch: fetchWith({ apiKey: env.IMGWIRE_API_KEY, baseUrl: env.IMGWIRE_API_BASE_URL }) };
      `,
      'config.capnp': WORKERD_CONFIG,
      'start.js': `
        import { spawn } from 'node:child_process';
        const socket = 'http=127.0.0.1:' + process.env.PORT;
        spawn('node_modules/.bin/workerd', ['serve', 'config.capnp', '--socket-addr', socket], { stdio: 'inherit' });
      `,
    },
    build: [
      ...['esbuild', 'worker.js', '--bundle', '--format=esm', '--platform=neutral'],
      ...['--external:cloudflare:workers', '--outfile=worker.bundle.js'],
    ],
    start: ['node', 'start.js'],
  },
  {
    name: 'Deno',
    packages: { deno: '^2.0.0' },
    files: {
      'routes.js': ROUTES,
      'dispatch.js': DISPATCH,
      'server.js': `
        import { fetchWith } from './dispatch.js';
        Deno.serve({ port: Number(Deno.env.get('PORT')) }, fetchWith());
      `,
    },
    // No files, no programs: the network, and the variables by their names.
    start: [
      ...['deno', 'run', '--no-prompt', '--node-modules-dir=manual', '--allow-net'],
      ...['--allow-env=PORT,IMGWIRE_API_KEY,IMGWIRE_API_BASE_URL,IMGWIRE_TICKET_SECRET', 'server.js'],
    ],
  },
  {
    name: 'the edge runtime of Next.js',
    packages: { next: '^16.0.0', react: '^19.0.0', 'react-dom': '^19.0.0' },
    files: {
      'routes.js': ROUTES,
      'app/layout.js': `
        export default function Layout({ children }) {
          return <html lang="en"><body>{children}</body></html>;
        }
      `,
      'app/page.js': 'export default function Page() {\n  return <p>ready</p>;\n}\n',
      'app/direct/route.js': nextRoute('direct'),
      'app/token/route.js': nextRoute('token'),
      'app/shown/route.js': nextRoute('shown'),
    },
    build: ['next', 'build'],
    start: ['next', 'start'],
  },
];

/** A project that has the types of a worker, and none of Node. */
export const EDGE_TYPES: Pick<Platform, 'packages' | 'files' | 'build'> = {
  packages: { typescript: '^5.9.0' },
  files: {
    'tsconfig.json': JSON.stringify({
      compilerOptions: {
        ...{ target: 'es2022', lib: ['es2022', 'webworker'], types: [], module: 'esnext' },
        ...{ moduleResolution: 'bundler', strict: true, exactOptionalPropertyTypes: true, noEmit: true },
      },
    }),
    'worker.ts': `
      import {
        createImgwire,
        type ImgwireImage,
        imageUrl,
        imgwireDirectUpload,
        imgwireUploadToken,
        isImgwireError,
      } from '@imgwire/web/edge';

      const imgwire = createImgwire({ apiKey: 'sk_a' });
      const subject = (request: Request): string => request.headers.get('x-user') ?? '';
      const save = async ({ id, width }: ImgwireImage, request: Request) => ({ id, width, by: subject(request) });
      export const direct = imgwireDirectUpload({
        ...{ imgwire, authorize: (request) => request.headers.has('x-user'), subject, onStored: save },
        fields: [{ name: 'photo', accept: ['image/png'] }],
      });
      export const token = imgwireUploadToken({ imgwire, authorize: () => true });
      // @ts-expect-error Nothing counts there.
      imgwireDirectUpload({ authorize: () => true, subject: null, maxPending: 3 });
      // @ts-expect-error It connects by fetch.
      createImgwire({ dispatcher: {} });
      export const respond: (request: Request) => Promise<Response> = direct;
      export const url: string = imageUrl('https://cdn.example/a', { width: 100 });
      export const code = (error: unknown) => isImgwireError(error) && error.code;
    `,
  },
  build: ['tsc', '--project', '.'],
};
