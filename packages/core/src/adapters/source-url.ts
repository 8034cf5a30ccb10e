import { isIP } from 'node:net';
import { ImgwireError, type ImgwireErrorCode } from '../errors.ts';
import { listOf, positive } from '../options/checks.ts';
import type { Check } from '../options/option-problem.ts';
import { assertOptions } from '../options/validate.ts';
import { urlOf } from '../realm-safe.ts';

/** Where images may be imported from. */
export interface SourceUrlRules {
  /**
   * Public host names; `*.example.com` allows every subdomain of example.com; `example.com:8443` allows that port only. An
   * international name is written as it is sent, `xn--…`.
   */
  readonly allowedHosts: readonly string[];
  /** Longest URL, in characters. @default 2048 */
  readonly maxUrlLength?: number | undefined;
}

// Names resolved inside private networks: RFC 6761, RFC 6762, RFC 8375, and ICANN's list of colliding names.
const PRIVATE_SUFFIXES = [
  ...['localhost', 'local', 'internal', 'intranet', 'lan', 'home', 'corp', 'private', 'localdomain'],
  ...['home.arpa', 'test', 'invalid', 'onion'],
];

const isPrivate = (host: string): boolean =>
  PRIVATE_SUFFIXES.some((suffix) => host === suffix || host.endsWith(`.${suffix}`));

/**
 * Validates an untrusted URL before Imgwire fetches it, and returns it parsed. Strict by default: https, a
 * listed host by its public name, its default port, no credentials, no second URL in the query.
 *
 * @throws ImgwireError `URL_*`, each code for one reason; TypeError for a wrong rule
 */
export function checkSourceUrl(value: unknown, rules: SourceUrlRules): URL {
  const given: Partial<SourceUrlRules> = (rules as SourceUrlRules | undefined) ?? {};
  assertOptions('checkSourceUrl()', given, SOURCE_URL_CHECKS);
  if (given.allowedHosts === undefined) {
    throw new TypeError(
      'checkSourceUrl(): option "allowedHosts" is required: write checkSourceUrl(url, { allowedHosts }).',
    );
  }
  return parseSourceUrl(value, rules);
}

/** {@link checkSourceUrl} by rules that have been checked. @throws ImgwireError `URL_*` */
export function parseSourceUrl(value: unknown, { allowedHosts, maxUrlLength = 2048 }: SourceUrlRules): URL {
  const refuse = (code: ImgwireErrorCode): never => {
    throw new ImgwireError(code);
  };
  if (typeof value !== 'string' || value === '') return refuse('URL_INVALID');
  if (value.length > maxUrlLength) return refuse('URL_TOO_LONG');
  // The URL parser drops tabs and line ends, and treats a backslash as a slash: another parser might fetch a different URL
  // than the one that was checked.
  const url = /[\p{Cc}\p{Z}\\]/u.test(value) ? undefined : urlOf(value);
  if (!url) return refuse('URL_INVALID');
  if (url.protocol !== 'https:' || !/^https:\/\//i.test(value)) return refuse('URL_SCHEME_NOT_ALLOWED');
  // An empty user name parses to nothing, so the text is checked too.
  if (url.username || url.password || /^https:\/\/[^/?#]*@/i.test(value))
    return refuse('URL_CREDENTIALS_NOT_ALLOWED');
  const host = url.hostname.replace(/\.$/, '');
  // The parser has normalised octal, hexadecimal and short forms to dotted decimal.
  if (host.startsWith('[') || isIP(host)) return refuse('URL_IP_ADDRESS_NOT_ALLOWED');
  if (!host.includes('.') || isPrivate(host)) return refuse('URL_PRIVATE_HOST_NOT_ALLOWED');
  if (!isListed(host, '', allowedHosts) && !isListed(host, url.port, allowedHosts))
    return refuse('URL_HOST_NOT_ALLOWED');
  if (!isListed(host, url.port, allowedHosts)) return refuse('URL_PORT_NOT_ALLOWED');
  if (
    [...url.searchParams]
      .flat()
      .some((text) => /^\s*(([a-z][a-z\d+.-]*:)?[/\\]{2}|(https?|ftp|data|file|javascript):)/i.test(text))
  ) {
    return refuse('URL_IN_QUERY_NOT_ALLOWED');
  }
  url.hash = '';
  return url;
}

/** A host as the URL parser writes it, so that a URL can match it. What is written otherwise is told how. */
const host: Check = (value) => {
  const expected =
    'host names such as "images.example.com" or "*.example.com", without https:// and without a path';
  const [, wildcard = '', authority = ''] =
    typeof value === 'string' ? (/^(?:[a-z][a-z\d+.-]*:\/\/)?(\*?\.)?([^/?#]*)/i.exec(value) ?? []) : [];
  const url = authority === '' || /[*\\\s%]/.test(authority) ? undefined : urlOf(`https://${authority}`);
  if (!url) return expected;
  const { hostname, port } = url;
  const name = hostname.replace(/\.$/, '');
  if (name.startsWith('[') || isIP(name)) {
    return 'host names, not IP addresses: a URL with an address is never accepted';
  }
  if (isPrivate(name)) return `public host names: a URL with ${name} is never accepted`;
  if (!name.includes('.')) return expected;
  const written = `${wildcard && '*.'}${name}${port && `:${port}`}`;
  return written === String(value).toLowerCase()
    ? undefined
    : `${expected}: write '${written}' instead of '${String(value)}'`;
};

/** The checks of {@link SourceUrlRules}. */
export const SOURCE_URL_CHECKS: Readonly<Record<keyof SourceUrlRules, Check>> = {
  allowedHosts: listOf(host),
  maxUrlLength: positive,
};

function isListed(host: string, port: string, allowed: readonly string[]): boolean {
  return allowed.some((entry) => {
    const [name = '', entryPort = ''] = entry.toLowerCase().split(':');
    if (entryPort !== port) return false;
    return name.startsWith('*.') ? host.endsWith(name.slice(1)) : host === name;
  });
}
