import { type Assumption, type ProbeSources, plain } from './assumption.ts';
import { ASSUMPTIONS } from './assumptions.ts';
import { NotAsked, ProbedService } from './probed-service.ts';

type Optional<Options> = { readonly [Name in keyof Options]?: Options[Name] | undefined };

/** Which service to ask, and what it is to import. */
export interface ProbeOptions extends Optional<ProbeSources> {
  /** A server key (`sk_…`). */
  readonly apiKey: string;
  /** @default 'https://api.imgwire.dev' */
  readonly baseUrl?: string | undefined;
  /** Stops it: it asks nothing more, and deletes what it has made. */
  readonly signal?: AbortSignal | undefined;
}

/** What became of one assumption. */
export interface Finding extends Pick<Assumption, 'about' | 'assumed' | 'reliesOn'> {
  readonly outcome: 'as assumed' | 'different' | 'not asked';
  /** What was seen, or why it was not asked. */
  readonly seen: string;
}

/** What a probe has found out. */
export interface ProbeReport {
  readonly findings: readonly Finding[];
  /** How many records it made. */
  readonly records: number;
  /** The ids of those that it could not delete. */
  readonly left: readonly string[];
}

/**
 * Looks whether the service does what the middleware and the emulator assume, one small question after the other. It makes at most
 * thirty images, all but one of one pixel, and deletes them. What it reports has no key in it, whatever the service says.
 *
 * @param onFinding called with each finding, as soon as there is one
 * @param assumptions what to look at @default all
 * @throws Error if the service cannot be reached, or rejects the key, and the reason of a signal that has aborted before
 */
export async function probe(
  options: ProbeOptions,
  onFinding?: (finding: Finding) => void,
  assumptions: readonly Assumption[] = ASSUMPTIONS,
): Promise<ProbeReport> {
  const { apiKey, baseUrl = 'https://api.imgwire.dev', redirectUrl, clientKey, signal } = options;
  const { pageUrl = 'https://example.com/', readyTimeoutMs = 60_000 } = options;
  const sources = { pageUrl, redirectUrl, clientKey, readyTimeoutMs };
  const service = new ProbedService(baseUrl, apiKey);
  const findings: Finding[] = [];
  const withoutKeys = (text: string): string =>
    [apiKey, clientKey].reduce<string>((left, key) => (key ? left.replaceAll(key, '(a key)') : left), text);
  signal?.throwIfAborted();
  const stop = (): void => service.stop();
  signal?.addEventListener('abort', stop, { once: true });
  try {
    await assertAccess(service, baseUrl);
    for (const assumption of assumptions) {
      const looked = await look(assumption, service, sources);
      const finding = { ...looked, seen: withoutKeys(looked.seen) };
      findings.push(finding);
      onFinding?.(finding);
      if (signal?.aborted) break;
      await service.cleanUp(true);
    }
  } finally {
    signal?.removeEventListener('abort', stop);
    await service.cleanUp(false);
  }
  const left = await service.cleanUp(false);
  return { findings, records: service.made, left: left.map(withoutKeys) };
}

async function assertAccess(service: ProbedService, baseUrl: string): Promise<void> {
  const { status, body } = await service.call('GET', '/images/?limit=1').catch((cause: unknown) => {
    throw new Error(`${baseUrl} cannot be reached.`, { cause });
  });
  if (status !== 200)
    throw new Error(`${baseUrl} rejects a list of images with ${status}: is the key one of a server (sk_…)?`);
  if (typeof body !== 'object' || body === null)
    throw new Error(`${baseUrl} is not the API of Imgwire: it responds to a list of images without JSON.`);
}

async function look(
  { about, assumed, reliesOn, see }: Assumption,
  service: ProbedService,
  sources: ProbeSources,
): Promise<Finding> {
  const of = { about, assumed, reliesOn };
  try {
    const seen = await see(service, sources);
    return { ...of, seen, outcome: plain(seen) === assumed ? 'as assumed' : 'different' };
  } catch (error) {
    const outcome = error instanceof NotAsked ? 'not asked' : 'different';
    return { ...of, seen: (error as Error).message, outcome };
  }
}
