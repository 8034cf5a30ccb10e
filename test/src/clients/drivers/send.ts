import type { Part } from '../../support/client.ts';

/** What came back. */
export interface Received {
  readonly status: number;
  readonly text: string;
}

/** Posts a form in the way of one client. */
export interface Send {
  (url: string, parts: readonly Part[]): Promise<Received>;
  /** How to start the client, if it is a program that takes forms as `startProgram` sends them. */
  readonly command?: readonly string[];
}

/** The content type that a client is told to send a file with. */
export const typeOf = ({ type = 'application/octet-stream' }: { readonly type?: string }): string => type;

/** What a `fetch` answers with. */
export const received = async (response: { readonly status: number; text(): Promise<string> }) => ({
  status: response.status,
  text: await response.text(),
});
