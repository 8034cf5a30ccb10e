import { createImgwire } from '@imgwire/web';

/** The connection of the pages and actions. It is made when it is first used: `next build` needs no key. */
export const imgwire = createImgwire();
