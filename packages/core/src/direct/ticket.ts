import type { webcrypto } from 'node:crypto';

/**
 * What a ticket says of its upload. The browser carries it from the create call to the completion: whatever decides there is in it, so
 * that any process can complete, and a deployment with stricter rules rejects nothing that was accepted before.
 */
export interface Ticket {
  /** The key of its note, and of its create call. */
  readonly key: string;
  /** The image that was created; absent where an upload token creates it. */
  readonly image?: string;
  /** The upload token that the image must come from; absent where we created the image. */
  readonly token?: string;
  /** When it expires, in milliseconds since 1970. */
  readonly expires: number;
  /** The size that the client declared, in bytes. */
  readonly size?: number;
  /** The form field; empty for an upload token. */
  readonly field: string;
  readonly rules: TicketRules;
}

/** The rules of the file, as they were when its ticket was issued. */
export interface TicketRules {
  /** Largest file, in bytes. */
  readonly fileSize: number;
  /** The accepted types: a bit for each of `IMAGE_TYPES`, the first is 1. */
  readonly types: number;
  readonly maxPixels: number;
  /** Least width and height; absent without a rule. */
  readonly minWidth?: number;
  readonly minHeight?: number;
  /** Whether an image of unknown dimensions is rejected. */
  readonly mustKnow: boolean;
}

/** Signs and verifies tickets. Only WebCrypto is used, which is in every runtime. */
export interface Tickets {
  /**
   * Signs a ticket for a route and a subject.
   *
   * @param route the path of the endpoint. A ticket of one endpoint is worth nothing at another
   * @param subject whom it is for; null for anyone
   */
  sign(ticket: Ticket, route: string, subject: string | null): Promise<string>;
  /** Returns what is in a ticket; undefined if it is not ours, or for another route or subject. */
  verify(text: string, route: string, subject: string | null): Promise<Ticket | undefined>;
}

const encoder = new TextEncoder();
/** Longer than any of ours: a field name is the only part that a client chooses, and may be as long as the body of its request. */
const MAX_CHARACTERS = 256 * 1024;
const FORM = /^1\.([\w-]+)\.([\w-]{43})$/;

/**
 * Makes tickets of one secret, or of several: the first signs, all of them verify, so that a secret can be replaced.
 *
 * A ticket is `1.<JSON>.<MAC>`, both in base64url. The MAC is HMAC-SHA-256 over the JSON, the route and the subject; its key is
 * derived from the secret by HKDF (RFC 5869), so that an API key can be the secret without being used as a key anywhere else.
 */
export function openTickets(secrets: readonly string[]): Tickets {
  let derived: Promise<webcrypto.CryptoKey[]> | undefined;
  const keys = (): Promise<webcrypto.CryptoKey[]> => {
    derived ??= Promise.all(secrets.map(deriveKey));
    return derived;
  };
  return {
    sign: async (ticket, route, subject) => {
      const payload = toBase64Url(encoder.encode(JSON.stringify(ticket)));
      const [key] = (await keys()) as [webcrypto.CryptoKey];
      const mac = await crypto.subtle.sign('HMAC', key, signed(payload, route, subject));
      return `1.${payload}.${toBase64Url(new Uint8Array(mac))}`;
    },
    verify: async (text, route, subject) => {
      const [, payload, sent] = text.length > MAX_CHARACTERS ? [] : (FORM.exec(text) ?? []);
      if (payload === undefined || sent === undefined) return undefined;
      const mac = fromBase64Url(sent);
      // The last character has two bits that no byte uses: one MAC has one spelling.
      if (toBase64Url(mac) !== sent) return undefined;
      const data = signed(payload, route, subject);
      for (const key of await keys()) {
        // In constant time (https://w3c.github.io/webcrypto/#hmac-operations-verify).
        if (await crypto.subtle.verify('HMAC', key, mac, data)) return parse(payload);
      }
      return undefined;
    },
  };
}

const parse = (payload: string): Ticket =>
  JSON.parse(new TextDecoder().decode(fromBase64Url(payload))) as Ticket;

/** As JSON: no route and no subject can be taken for another pair. */
const signed = (payload: string, route: string, subject: string | null): Uint8Array<ArrayBuffer> =>
  encoder.encode(JSON.stringify(['imgwire-ticket', 1, payload, route, subject]));

async function deriveKey(secret: string): Promise<webcrypto.CryptoKey> {
  const material = await crypto.subtle.importKey('raw', encoder.encode(secret), 'HKDF', false, ['deriveKey']);
  const by = {
    name: 'HKDF',
    hash: 'SHA-256',
    salt: encoder.encode('imgwire'),
    info: encoder.encode('direct-upload ticket v1'),
  };
  const to = { name: 'HMAC', hash: 'SHA-256', length: 256 };
  return crypto.subtle.deriveKey(by, material, to, false, ['sign', 'verify']);
}

// `Uint8Array.fromBase64` and `Buffer` are not in every runtime; these two are.
const toBase64Url = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '');

/** @throws Error for what is no base64 */
export const fromBase64Url = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (char) => char.charCodeAt(0));
