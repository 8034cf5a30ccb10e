import type { IncomingMessage } from 'node:http';
import type { Emulator } from '@imgwire/emulator';
import { createImgwire, type Imgwire, type Logger, type UploadRules } from '@imgwire/express';
import type { RunningTarget, Target } from '../support/targets.ts';

const KIB = 1024;

/** The limits of every server, low enough for random clients to reach them. */
export const LIMITS = { fileSize: 2048 * KIB, files: 5 } as const;
/** How much of a file is read before anything is sent, bytes: the default. */
export const READ_AHEAD = 256 * KIB;
/** Longest silence of a client, milliseconds: far above what a busy machine adds by itself. */
export const STALL_MS = 2_500;
/** Deadlines for the service, milliseconds. */
const PATIENCE_MS = 4_000;

/** The rules by which the servers of one adapter differ. */
export const VARIANTS = [
  { name: 'replay', rules: {} },
  { name: 'no replay', rules: { replay: false } },
  { name: 'wait', rules: { waitUntilReady: 5_000 } },
] as const satisfies readonly { name: string; rules: UploadRules<never> }[];

/** The header by which a request is known on both sides of the server. */
export const ID_HEADER = 'x-request-id';

/** What the middleware has said to its logger. */
export interface Report {
  readonly level: 'warn' | 'error';
  readonly message: string;
  readonly imageId?: string;
  readonly idempotencyKey?: string;
  /** The code of the error that was reported. */
  readonly code?: string;
}

/** The servers of one adapter, one for each variant, and what happens inside them. */
export interface Servers {
  readonly running: readonly RunningTarget[];
  readonly reports: Report[];
  /** How the middleware ended each request, by id: `stored`, or the code of its error. */
  readonly ends: Map<string, string>;
  /** Requests that the middleware has not ended yet. */
  working(): number;
  close(): Promise<void>;
}

/** Starts a server of each variant. */
export async function startServers(target: Target, emulator: Emulator): Promise<Servers> {
  const reports: Report[] = [];
  const ends = new Map<string, string>();
  let working = 0;
  const imgwire = createImgwire({
    apiKey: emulator.apiKey,
    baseUrl: emulator.url,
    requestTimeoutMs: PATIENCE_MS,
    putIdleTimeoutMs: PATIENCE_MS,
    logger: recorder(reports),
  });
  const watched: Imgwire = {
    ...imgwire,
    receiver: (rules) => {
      const receive = imgwire.receiver(rules);
      return async (req, res) => {
        working++;
        const end = (how: string): void => void ends.set(idOf(req), how);
        try {
          const form = await receive(req, res);
          end('stored');
          return form;
        } catch (error) {
          end(codeOf(error) ?? String(error));
          throw error;
        } finally {
          working--;
        }
      };
    },
  };
  const running = await Promise.all(
    VARIANTS.map(({ rules }) =>
      target.start({
        ...{ imgwire: watched, limits: LIMITS, stallTimeoutMs: STALL_MS, minBytesPerSecond: 0, ...rules },
        metadata: (req) => ({ purpose: idOf(req) }),
      }),
    ),
  );
  return {
    ...{ running, reports, ends, working: () => working },
    close: async () => {
      for (const server of running) await server.close();
      await imgwire.close();
    },
  };
}

const idOf = (req: Pick<IncomingMessage, 'headers'>): string => String(req.headers[ID_HEADER]);

const codeOf = (error: unknown): string | undefined => (error as { code?: string } | undefined)?.code;

function recorder(reports: Report[]): Logger {
  const note =
    (level: Report['level']) =>
    (context: object, message: string): void => {
      const { err, ...rest } = context as { err?: unknown };
      const code = codeOf(err);
      reports.push({ ...rest, level, message, ...(code && { code }) });
    };
  return { warn: note('warn'), error: note('error') };
}
