import { createImgwire, type Imgwire } from '@imgwire/web';

let connection: Imgwire | undefined;

/** The connection of the pages and actions. The first request makes it, since `next build` has no key. */
export function imgwire(): Imgwire {
  connection ??= createImgwire();
  return connection;
}
