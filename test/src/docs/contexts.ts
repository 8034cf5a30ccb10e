/** What snippets of every kind may take for given: a session that has put the user on the request. */
const COMMON = `/// <reference types="node" />
declare namespace Express {
  interface Request {
    user?: { readonly id: string };
  }
}
// As lib.dom has it; a snippet need not say what its own server answers.
interface Response {
  json(): Promise<any>;
}
// A server that listens on a port; a pipe would have a string.
declare module 'net' {
  interface Server {
    address(): AddressInfo;
  }
}
`;

const EXPRESS = `${COMMON}
type E = typeof import('@imgwire/express');
declare const createImgwire: E['createImgwire'];
declare const imgwireErrorHandler: E['imgwireErrorHandler'];
declare const imgwireStorage: E['imgwireStorage'];
declare const imgwireUpload: E['imgwireUpload'];
declare const imgwireDirectUpload: E['imgwireDirectUpload'];
declare const imgwireUploadToken: E['imgwireUploadToken'];
declare const imgwireUploadViaUrl: E['imgwireUploadViaUrl'];
declare const isImgwireError: E['isImgwireError'];
declare const app: import('express').Express;
declare const imgwire: import('@imgwire/express').Imgwire;
declare const upload: import('@imgwire/express').ImgwireUpload;
declare const requireUser: import('express').RequestHandler;
declare const handler: import('express').RequestHandler;
declare const pictures: { insert(picture: object): Promise<void> };
declare const server: import('node:http').Server;
`;

const FASTIFY = `/// <reference types="node" />
declare const app: import('fastify').FastifyInstance;
declare const imgwire: typeof import('@imgwire/fastify').imgwire;
declare const isImgwireError: typeof import('@imgwire/fastify').isImgwireError;
declare const archiveKey: string;
declare const isSignedIn: (request: import('fastify').FastifyRequest) => Promise<boolean>;
`;

const NEST = `${COMMON}
type N = typeof import('@imgwire/nestjs');
type ImgwireImage = import('@imgwire/nestjs').ImgwireImage;
declare const AnyImgwireFilesInterceptor: N['AnyImgwireFilesInterceptor'];
declare const ApiImgwireProblem: N['ApiImgwireProblem'];
declare const createImgwireUploadTokenController: N['createImgwireUploadTokenController'];
declare const getImgwireToken: N['getImgwireToken'];
declare const ImgwireExceptionFilter: N['ImgwireExceptionFilter'];
declare const ImgwireFileInterceptor: N['ImgwireFileInterceptor'];
declare const ImgwireModule: N['ImgwireModule'];
declare const ImgwireService: N['ImgwireService'];
type ImgwireService = import('@imgwire/nestjs').ImgwireService;
type Imgwire = import('@imgwire/nestjs').Imgwire;
declare const imgwireApiBody: N['imgwireApiBody'];
declare const imgwireStorage: N['imgwireStorage'];
declare const InjectImgwireService: N['InjectImgwireService'];
declare const ParseImagePipe: N['ParseImagePipe'];
declare const UploadedImage: N['UploadedImage'];
type C = typeof import('@nestjs/common');
declare const Body: C['Body'];
declare const Controller: C['Controller'];
declare const Delete: C['Delete'];
declare const Injectable: C['Injectable'];
declare const Module: C['Module'];
declare const Param: C['Param'];
declare const Post: C['Post'];
declare const UseGuards: C['UseGuards'];
declare const UseInterceptors: C['UseInterceptors'];
declare class SessionGuard implements import('@nestjs/common').CanActivate {
  canActivate(): boolean;
}
declare const apiKey: string;
declare const archiveKey: string;
`;

/** Packages that are migrated from and not installed here, as far as the pages use them. */
const MIGRATING = `${COMMON}
declare namespace Express {
  namespace Multer {
    interface File {
      readonly location: string;
    }
  }
}
declare module '@imgwire/node' {
  export class ImgwireClient {
    constructor(options: { apiKey: string });
    readonly images: { upload(input: { file: object; fileName?: string; mimeType?: string; contentLength?: number; purpose?: string }): Promise<object> };
  }
}
declare module '@aws-sdk/client-s3' {
  export class S3Client {
    constructor(config: object);
  }
}
declare module 'multer-s3' {
  type Answer<T> = (req: import('express').Request, file: object, done: (error: unknown, value?: T) => void) => void;
  function multerS3(options: {
    s3: object;
    bucket: string;
    contentType: Answer<string>;
    metadata: Answer<object>;
    key: Answer<string>;
  }): import('multer').StorageEngine;
  namespace multerS3 {
    const AUTO_CONTENT_TYPE: Answer<string>;
  }
  export default multerS3;
}
declare const apiKey: string;
declare const app: import('express').Express;
`;

const NEST_MIGRATING = `${NEST}
declare const UploadedFile: C['UploadedFile'];
declare const ParseFilePipe: C['ParseFilePipe'];
declare const FileTypeValidator: C['FileTypeValidator'];
declare const FileInterceptor: typeof import('@nestjs/platform-express').FileInterceptor;
declare namespace Express {
  namespace Multer {
    interface File {
      readonly buffer: Buffer;
    }
  }
}
`;

const BROWSER = `/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
`;

/** As far as the pages use it. */
const REACT = `${BROWSER}
declare module 'react' {
  export function useState<T>(first: T): [T, (next: T | ((before: T) => T)) => void];
}
declare module 'react/jsx-runtime' {
  export namespace JSX {
    type Element = object;
    interface IntrinsicElements {
      input: { type: string; multiple: boolean; onChange(event: { target: HTMLInputElement }): unknown };
      p: { key: string; children: unknown };
    }
  }
  export const Fragment: (props: { children: unknown }) => object;
  export function jsx(): object;
  export function jsxs(): object;
}
`;

/**
 * The names that a snippet may use without an import, by the word in the comment before it: `<!-- context: express -->`.
 * A name that the snippet itself declares or imports is its own.
 */
export const CONTEXTS: Readonly<Record<string, string>> = {
  none: COMMON,
  express: EXPRESS,
  fastify: FASTIFY,
  nest: NEST,
  'own-image': COMMON,
  browser: BROWSER,
  react: REACT,
  session: `${EXPRESS}
declare namespace Express {
  interface Request {
    session: { readonly user?: string };
  }
}
`,
  next: `${COMMON}
declare module 'next/headers' {
  export function cookies(): Promise<{ has(name: string): boolean }>;
}
declare module 'next/server' {
  export function connection(): Promise<void>;
}
`,
  bun: `${COMMON}
declare const Bun: {
  serve(options: { readonly routes: Readonly<Record<string, Readonly<Record<string, (request: Request) => Promise<Response>>>>> }): void;
};
`,
  elysia: `${COMMON}
declare module 'elysia' {
  type Handler = (context: { readonly request: Request }) => Promise<Response>;
  export class Elysia {
    post(path: string, handler: Handler, options: { readonly parse: 'none' }): this;
    listen(port: number): this;
  }
}
`,
  h3: `${COMMON}
declare module 'h3' {
  import type { IncomingMessage, ServerResponse } from 'node:http';
  export class H3 {
    post(path: string, handler: (event: { readonly req: Request }) => Promise<Response>): this;
  }
  export function serve(app: H3, options: { readonly port: number }): void;
  type NodeEvent = { readonly node: { readonly req: IncomingMessage; readonly res: ServerResponse } };
  export function defineEventHandler(handler: (event: NodeEvent) => Promise<object | undefined>): object;
}
`,
  tanstack: `${COMMON}
declare module '@tanstack/react-router' {
  type Handler = (context: { readonly request: Request }) => Promise<Response>;
  type Options = { readonly server: { readonly handlers: { readonly POST: Handler } } };
  export function createFileRoute(path: string): (options: Options) => object;
}
`,
  opentelemetry: `${COMMON}
declare const startImgwireTelemetry: typeof import('../../examples/opentelemetry/src/imgwire-telemetry.ts').startImgwireTelemetry;
declare const imgwire: import('@imgwire/express').Imgwire;
declare const observeImgwireUsage: typeof import('../../examples/opentelemetry/src/imgwire-telemetry.ts').observeImgwireUsage;
declare class UndiciInstrumentation {
  constructor(config: { ignoreRequestHook(request: { readonly method: string }): boolean });
}
`,
  migrating: MIGRATING,
  'fastify-migrating': `${FASTIFY}
declare const store: (bytes: Buffer) => Promise<object>;
`,
  'nest-migrating': NEST_MIGRATING,
};
