import { createImgwire } from '@imgwire/web';

/** The instance for the pages and actions. It connects when you first use it, so `next build` needs no key. */
export const imgwire = createImgwire();
