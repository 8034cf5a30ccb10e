import { isIP } from 'node:net';
import type { ResolvedOptions } from '../options.ts';
import { domainError } from './errors.ts';

/**
 * Checks the `Host` of a request for the page or the controls, which need no key and tell the keys. A page elsewhere can
 * point a name of its own at this machine (DNS rebinding), and then reads what is here. It cannot do so with an address,
 * nor with a name without a dot, such as that of a container.
 * @throws Refusal 403 for a name that may belong to somebody else
 */
export function checkHost(given: string | undefined, { host, publicUrl }: ResolvedOptions): void {
  const name = nameOf(given ?? '');
  const isOurs =
    name === host.toLowerCase() || (publicUrl !== undefined && name === new URL(publicUrl).hostname);
  if (isOurs || isIP(name) !== 0 || !name.includes('.') || name.endsWith('.localhost')) return;
  throw domainError(
    403,
    'RequestError',
    'The page and the controls are for localhost, addresses and names without a dot. For another name, start the emulator with it as publicUrl (--public-url).',
  );
}

/** The host without its port, and without the brackets of an address or the dot of the root. */
function nameOf(host: string): string {
  const [, address, name = ''] = /^(?:\[([^\]]*)\]|([^:]*))(?::\d*)?$/.exec(host.toLowerCase()) ?? [];
  return address ?? (name === '' ? host : name.replace(/\.$/, ''));
}
