import type { Server } from 'node:http';

/** Where the store is; for the arms of this repository also any option of theirs. */
export interface ArmOptions {
  readonly baseUrl: string;
  readonly apiKey: string;
}

/** A server that takes a form, or a file, at POST /upload and stores its files; it is listening when it is handed out. */
export interface ArmModule {
  start(options: ArmOptions): Promise<Server>;
}

/** A way to write such a server. */
export interface Arm {
  readonly name: string;
  readonly title: string;
  readonly load: () => Promise<ArmModule>;
  /** What its clients send: a form, or the file itself as the body. @default 'form' */
  readonly takes?: 'form' | 'file';
  /** `form`: the whole form goes to the store as it is. @default 'files' */
  readonly stores?: 'form' | 'files' | 'nothing';
  /** Whether it has whole files in memory. @default false */
  readonly buffers?: boolean;
  /** Whether it is one of this repository: it can be built from another checkout too. @default false */
  readonly ours?: boolean;
  /** The arms that it is held against, in pairs. @default none */
  readonly over?: readonly string[];
}

/** The official SDK, which cannot be had everywhere: a package name or a path; undefined leaves its arm out. */
export const SDK_MODULE = process.env['IMGWIRE_NODE_SDK'];

const sdk: Arm = {
  name: 'sdk',
  title: "multer in memory, then the official SDK's upload()",
  load: () => import('./arms/sdk.ts'),
  buffers: true,
};

/** Every arm, in the order of the rounds. */
export const ARMS: readonly Arm[] = [
  {
    name: 'bound',
    title: 'the request piped into a PUT, not parsed',
    load: () => import('./arms/bound.ts'),
    stores: 'form',
  },
  {
    name: 'bound-undici',
    title: 'a record, then the request through undici, not parsed',
    load: () => import('./arms/bound-undici.ts'),
    stores: 'form',
  },
  {
    name: 'http-receiver',
    title: "node:http and core's receiver()",
    load: () => import('./arms/http-receiver.ts'),
    ours: true,
    over: ['http-multer-undici'],
  },
  {
    name: 'http-receive',
    title: "node:http and core's receive(), with rules for each call",
    load: () => import('./arms/http-receive.ts'),
    ours: true,
    over: ['http-multer-undici', 'http-receiver'],
  },
  {
    name: 'http-scan',
    title: "node:http and core's receiver(), with a scan that does nothing",
    load: () => import('./arms/http-scan.ts'),
    ours: true,
    over: ['http-receiver'],
  },
  {
    name: 'http-body',
    title: "node:http and core's bodyReceiver(), the file without a form",
    load: () => import('./arms/http-body.ts'),
    takes: 'file',
    ours: true,
    over: ['http-receiver', 'bound-undici'],
  },
  {
    name: 'http-multer-undici',
    title: 'node:http and multer in memory, then undici.request',
    load: () => import('./arms/http-multer-undici.ts'),
    buffers: true,
  },
  {
    name: 'express',
    title: '@imgwire/express',
    load: () => import('./arms/express.ts'),
    ours: true,
    over: ['multer-undici'],
  },
  {
    name: 'express-no-replay',
    title: '@imgwire/express, replay: false',
    load: () => import('./arms/express-no-replay.ts'),
    ours: true,
    over: ['multer-undici'],
  },
  {
    name: 'express-sha256',
    title: "@imgwire/express, hashAlgorithm: 'sha256'",
    load: () => import('./arms/express-sha256.ts'),
    ours: true,
  },
  {
    name: 'nest-express',
    title: '@imgwire/nestjs on Express',
    load: () => import('./arms/nest-express.ts'),
    ours: true,
  },
  {
    name: 'nest-fastify',
    title: '@imgwire/nestjs on Fastify',
    load: () => import('./arms/nest-fastify.ts'),
    ours: true,
  },
  {
    name: 'multer-memory',
    title: 'multer in memory, then fetch',
    load: () => import('./arms/multer-memory.ts'),
    buffers: true,
  },
  {
    name: 'multer-undici',
    title: 'multer in memory, then undici.request',
    load: () => import('./arms/multer-undici.ts'),
    buffers: true,
  },
  { name: 'multer-disk', title: 'multer on disk, then fetch', load: () => import('./arms/multer-disk.ts') },
  {
    name: 'busboy-fetch',
    title: 'busboy into fetch, the client tells the size',
    load: () => import('./arms/busboy-fetch.ts'),
  },
  { name: 'formidable', title: 'formidable on disk, then fetch', load: () => import('./arms/formidable.ts') },
  {
    name: 'fastify-multipart',
    title: '@fastify/multipart in memory, then fetch',
    load: () => import('./arms/fastify-multipart.ts'),
    buffers: true,
  },
  ...(SDK_MODULE ? [sdk] : []),
];

/** What receiving alone takes. Without a store there is no throughput to compare: only the crowd meets them. */
export const STORELESS_ARMS: readonly Arm[] = [
  {
    name: 'http-alone',
    title: 'node:http, the request read and discarded, nothing stored',
    load: () => import('./arms/http-alone.ts'),
    stores: 'nothing',
  },
  {
    name: 'multer-alone',
    title: 'multer in memory, nothing stored',
    load: () => import('./arms/multer-alone.ts'),
    stores: 'nothing',
    buffers: true,
  },
];
