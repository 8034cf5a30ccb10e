import type { Part } from '../../support/client.ts';

/** What came back. */
export interface Received {
  readonly status: number;
  readonly text: string;
}

/** Posts a form in the way of one client. */
export type Send = (url: string, parts: readonly Part[]) => Promise<Received>;

/** The content type that a client is told to send a file with. */
export const typeOf = ({ type = 'application/octet-stream' }: { readonly type?: string }): string => type;

/** What a `fetch` answers with. */
export const received = async (response: { readonly status: number; text(): Promise<string> }) => ({
  status: response.status,
  text: await response.text(),
});
