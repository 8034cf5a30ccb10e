import { ofEnvironment } from './environment.ts';
import { urlOf } from './realm-safe.ts';

/** The `homepage` of the package, which the build puts in; there is none in the sources. */
declare const IMGWIRE_HOMEPAGE: string | undefined;

/** The address of the pages, without a slash at its end. `null` until the first failure asks for it. */
let base: string | undefined | null = null;

/**
 * Returns the address of the page about a code, the `type` of problem details; undefined where no address of the pages is known.
 *
 * The environment is read once, by the first failure: an application may set it after it has imported us.
 */
export function problemType(code: string): string | undefined {
  if (base === null) base = readBase();
  return base ? `${base}/errors/${code}` : undefined;
}

/** Returns what is wrong with the address in the environment, if anything. */
export function wrongDocsAddress(): string | undefined {
  const given = givenAddress();
  return given && !toBase(given)
    ? 'IMGWIRE_DOCS is not used: it must be an http or https URL, without a query or a password.'
    : undefined;
}

/** An error without a link is as good as it was: a wrong address is something to warn of, not to stop for. */
function readBase(): string | undefined {
  const homepage = typeof IMGWIRE_HOMEPAGE === 'string' ? IMGWIRE_HOMEPAGE : undefined;
  const given = givenAddress();
  // Empty, it is how to send no address.
  return given === '' ? given : (toBase(given) ?? toBase(homepage));
}

/** A path is added to it, so it has no query. Every client gets it, so it has no password. */
function toBase(address: string | undefined): string | undefined {
  const url = address && urlOf(address);
  if (!url || url.username || url.password) return undefined;
  return /^(https?:[^?#]+?)\/*$/.exec(url.href)?.[1];
}

/** Deno throws for a variable that the program may not read: nobody has to allow this one. */
function givenAddress(): string | undefined {
  try {
    return ofEnvironment('IMGWIRE_DOCS');
  } catch {
    return undefined;
  }
}
