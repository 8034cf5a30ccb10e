import type { PackageName } from '../nest/nest-project.ts';

/** A framework or runtime that receives uploads, as a project of its own. */
export interface Platform {
  readonly name: string;
  /** Those of our packages that it installs. @default core and web */
  readonly uses?: readonly PackageName[];
  /** The major version of Node that it needs, if the lowest that we support does not run it. */
  readonly node?: string;
  /** What it installs besides the packed packages. */
  readonly packages: Readonly<Record<string, string>>;
  readonly files: Readonly<Record<string, string>>;
  /** `node` or a program of `node_modules/.bin`, and its arguments. */
  readonly build?: readonly string[];
  /** The same; the port is in the environment. */
  readonly start: readonly string[];
  readonly env?: (url: string) => Readonly<Record<string, string>>;
  /** Whether the handler gets the body while it arrives. */
  readonly streams: boolean;
  /** Whether the request's signal aborts when the client leaves while it waits for the response. */
  readonly noticesLeaving: boolean;
  /** A limit of its own for a body: where it is set, and what is said above it. */
  readonly ownLimit?: {
    readonly env: NonNullable<Platform['env']>;
    readonly bytes: number;
    readonly said: RegExp;
  };
  /** Whether its project has a page that lists the images, at `/images`. */
  readonly lists?: true;
  /** What it does with a body besides, for its page. */
  readonly note: string;
}

/** The routes that every platform mounts, at `/avatar`, `/streamed` and `/failing`. */
const AVATAR = `
import { imgwireUpload } from '@imgwire/web';

const upload = imgwireUpload();
const careful = upload.single('avatar', { discardOnError: true });
export const avatar = upload.single('avatar').handler(({ image, images, files, fields }) =>
  Response.json({ image, url: image?.url({ width: 100 }), images: images.length, size: files[0]?.size, fields }),
);
export const streamed = careful.handler(() =>
  // It begins, and never ends.
  new Response(new ReadableStream({ start: (controller) => controller.enqueue(new TextEncoder().encode('one ')) })),
);
export const failing = careful.handler(() => {
  throw new Error('a bug of the application');
});
`;

/** A file for each of the routes. */
export const routeFiles = (
  path: (name: string) => string,
  text: (name: string) => string,
): Readonly<Record<string, string>> =>
  Object.fromEntries(['avatar', 'streamed', 'failing'].map((name) => [path(name), text(name)]));

/** The files of a project whose handlers take a web request. */
export const files = (own: Readonly<Record<string, string>>): Readonly<Record<string, string>> => ({
  'avatar.js': AVATAR,
  ...own,
});
