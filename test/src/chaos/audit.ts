import type { Emulator, EmulatorRequest } from '@imgwire/emulator';
import { IMGWIRE_ERROR_CODES, ImgwireError, type ImgwireErrorCode } from '@imgwire/express';
import type { RawAnswer } from './answer.ts';
import type { Result } from './client.ts';
import { type Expectation, expectationOf } from './expect.ts';
import type { FaultPlan } from './faults.ts';
import type { Report } from './servers.ts';

/** All that is known of a round once nothing of it is under way. */
export interface Round {
  readonly results: readonly Result[];
  readonly emulator: Emulator;
  readonly struck: ReadonlyMap<EmulatorRequest, FaultPlan>;
  readonly reports: readonly Report[];
  /** How the middleware ended each request, by id. */
  readonly ends: ReadonlyMap<string, string>;
  /** What was still under way after a long wait, in words. */
  readonly busy: readonly string[];
  /** Whether this process came too late to its own timers: then a deadline may have passed that nobody has missed. */
  readonly late: boolean;
}

/** Attempts of each call in all: the middleware's default. */
const ATTEMPTS = 3;
/** The report of a record that stayed, or may have: by its id, or by the key of a create call whose answer was lost. */
const UNDONE = /could not be deleted/;
/** The report of a further attempt. */
const REPEATED = /is retried/;

/** Checks a round. Answers what is wrong, in words; nothing when all is well. */
export function auditRound(round: Round): string[] {
  const calls = callsOf(round);
  return [
    ...round.busy,
    ...round.results.flatMap((result) => auditResult(round, calls, result)),
    ...auditRecords(round),
    ...auditReports(round, calls),
    ...auditFaults(round),
  ];
}

/** A call to the service, and what struck it. */
interface Call {
  readonly request: EmulatorRequest;
  readonly fault: FaultPlan | undefined;
  /** The request of the client that it was made for. */
  readonly owner: string | undefined;
}

function callsOf({ emulator, struck }: Round): readonly Call[] {
  const owners = new Map<string, string>();
  for (const { body, imageId } of emulator.requests) {
    const { purpose } = Object(body) as { purpose?: string };
    if (imageId && purpose) owners.set(imageId, purpose);
  }
  return emulator.requests.map((request) => ({
    request,
    fault: struck.get(request),
    owner:
      (Object(request.body) as { purpose?: string }).purpose ??
      (request.imageId && owners.get(request.imageId)),
  }));
}

/** Whether a request may have failed at the service. */
function isStruck(calls: readonly Call[], id: string): boolean {
  // A create call that was struck before its body was read says not whose it was.
  const mayBeIts = ({ owner, request }: Call): boolean =>
    owner === id || (owner === undefined && request.route === 'create');
  const harmed = calls.some((call) => call.fault?.harmful && mayBeIts(call));
  // The call that meets a connection on its way to be closed is another one than the one struck.
  return harmed || calls.filter(({ fault }) => fault?.fault.closeIdle).length >= ATTEMPTS;
}

function auditResult(round: Round, calls: readonly Call[], result: Result): string[] {
  const { id, plan, outcome } = result;
  const expectation = expectationOf(plan, result.variant, {
    upstream: isStruck(calls, id),
    late: round.late,
  });
  const findings = [
    ...(outcome.kind === 'answer'
      ? auditAnswer(round.emulator, result, outcome.answer, expectation)
      : expectation.mute && outcome.kind === 'closed'
        ? []
        : [`no answer: ${outcome.kind}`]),
    ...auditEnd(round.ends.get(id), expectation),
  ];
  if (findings.length === 0) return [];
  const what = `${id} (${expectation.reasons.join(', ') || 'valid'})`;
  return [...findings.map((finding) => `${what}: ${finding}`), describe(calls, result)];
}

/** What a request was, and the calls that were made for it, for whoever looks into a finding. */
function describe(calls: readonly Call[], { id, plan, variant }: Result): string {
  const made = calls
    .filter(({ owner }) => owner === id)
    .map(({ request, fault }) => {
      const { route, state, status, bytesReceived } = request;
      return `${route} ${status ?? state} ${bytesReceived} bytes${fault ? ` (${fault.kind})` : ''}`;
    });
  const short = (_: string, value: unknown): unknown =>
    typeof value === 'string' ? value.slice(0, 20) : value;
  return `${id}: ${JSON.stringify({ variant, ...plan }, short)}; calls: ${made.join(', ') || 'none'}`;
}

/** The end inside the server is held to the same table: it tells of clients that have left, too. */
function auditEnd(end: string | undefined, { codes, ok }: Expectation): string[] {
  if (end === undefined) return [];
  if (end === 'stored') return ok ? [] : ['the middleware stored it'];
  return codes.has(end) ? [] : [`the middleware ended it as ${end}`];
}

function auditAnswer(
  emulator: Emulator,
  result: Result,
  answer: RawAnswer,
  { codes, ok, mute }: Expectation,
): string[] {
  if (answer.status === 200) return ok ? auditStored(emulator, result, answer) : ['200'];
  const problem = parse(answer.text) as { code?: ImgwireErrorCode; status?: number } | undefined;
  const { code } = problem ?? {};
  if (!code || !IMGWIRE_ERROR_CODES.includes(code)) {
    return mute ? [] : [`${answer.status} without a code: ${answer.text.slice(0, 200)}`];
  }
  const isProblem = /^application\/problem\+json/.test(answer.headers['content-type'] ?? '');
  return [
    ...(codes.has(code) ? [] : [`${answer.status} ${code}`]),
    ...(new ImgwireError(code).status === answer.status && problem?.status === answer.status
      ? []
      : [`${code} as ${answer.status}`]),
    ...(isProblem ? [] : [`${code} as ${answer.headers['content-type']}`]),
  ];
}

function auditStored(emulator: Emulator, { plan, digests, fields }: Result, { text }: RawAnswer): string[] {
  const { images, body } = (parse(text) ?? {}) as { images?: { id: string }[]; body?: object };
  const isForm = !(plan.trouble.kind === 'shape' && plan.trouble.shape === 'no-form');
  const stored = images?.map(({ id }) => emulator.images.sha256(id) ?? 'nothing');
  const sent = isForm ? digests : [];
  return [
    ...(same(stored, sent) ? [] : [`sent ${sent.join(' ') || 'nothing'}, stored ${stored?.join(' ')}`]),
    ...(isForm && !same(Object.entries(body ?? {}), Object.entries(fields)) ? ['the fields differ'] : []),
  ];
}

/** Every record belongs to a request that was stored, or the middleware has said that it is left. */
function auditRecords({ emulator, results, reports, ends }: Round): string[] {
  const known = reports.filter(({ message }) => UNDONE.test(message));
  const left = emulator.images
    .list()
    .filter((image) =>
      known.every(({ imageId, idempotencyKey }) => imageId !== image.id && !isKey(idempotencyKey, image)),
    );
  const stored = new Map(
    results.filter(({ id }) => ends.get(id) === 'stored').map((result) => [result.id, result]),
  );
  const strays = left
    .filter(({ purpose }) => !stored.has(purpose ?? ''))
    .map(
      ({ id, status, purpose }) =>
        `record ${id} (${status}) was left by ${purpose}, which ended as ${ends.get(purpose ?? '')}`,
    );
  const wrong = [...stored].flatMap(([id, { digests, plan }]) => {
    const found = left
      .filter(({ purpose }) => purpose === id)
      .map((image) => emulator.images.sha256(image.id));
    const sent = plan.trouble.kind === 'shape' && plan.trouble.shape === 'no-form' ? [] : digests;
    return same(sorted(found), sorted(sent))
      ? []
      : [`${id}: sent ${sent.length} files, ${found.length} records are left, or their bytes differ`];
  });
  return [...strays, ...wrong];
}

/** What the middleware could not do is explained by a fault that struck just there. */
function auditReports({ reports, struck }: Round, calls: readonly Call[]): string[] {
  const harmed = (route: string, about: (call: EmulatorRequest) => boolean): boolean =>
    calls.some(({ request, fault }) => fault?.harmful && request.route === route && about(request));
  return reports.flatMap(({ message, imageId, idempotencyKey, code }) => {
    if (UNDONE.test(message)) {
      const explained = imageId
        ? harmed('delete', (request) => request.imageId === imageId)
        : harmed('create', ({ body }) => body === undefined || isKey(idempotencyKey, Object(body)));
      return explained
        ? []
        : [`${imageId ?? idempotencyKey}: ${message}, with ${code}, and no fault struck there`];
    }
    // Where nothing goes wrong nothing is repeated, and nothing fails.
    if (struck.size > 0 && (REPEATED.test(message) || isUpstream(code))) return [];
    return [`reported without a cause: ${message}, with ${code}`];
  });
}

const isKey = (key: string | undefined, about: { readonly idempotency_key?: string | null }): boolean =>
  key !== undefined && about.idempotency_key === key;

const sorted = (digests: readonly (string | undefined)[]): string[] =>
  digests.map((digest) => digest ?? 'nothing').toSorted((one, other) => one.localeCompare(other));

const same = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Fewer rounds than these say nothing of growth. */
const ENOUGH_ROUNDS = 8;
/** What the run itself, and the runtime, may come to hold between a quarter of the run and its end. */
const GROWTH = { factor: 1.1, bytes: 6 * 2 ** 20 };

/** Compares the least memory in use in the second quarter of the rounds with the least in the last one, bytes. */
export function auditMemory(memory: readonly number[]): string[] {
  if (memory.length < ENOUGH_ROUNDS) return [];
  const quarter = Math.floor(memory.length / 4);
  const early = Math.min(...memory.slice(quarter, 2 * quarter));
  const late = Math.min(...memory.slice(-quarter));
  const mib = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
  return late <= early * GROWTH.factor + GROWTH.bytes
    ? []
    : [`memory in use grew from ${mib(early)} to ${mib(late)}`];
}

const isUpstream = (code: string | undefined): boolean => code?.startsWith('UPSTREAM_') ?? false;

/** Each failure of the service is logged once, for the request that ended with it. */
function auditFaults({ reports, ends }: Round): string[] {
  const logged = reports.filter(
    ({ message, code }) => isUpstream(code) && !UNDONE.test(message) && !REPEATED.test(message),
  );
  return [...new Set(logged.map(({ code }) => code))].flatMap((code) => {
    const times = logged.filter((report) => report.code === code).length;
    const requests = [...ends.values()].filter((end) => end === code).length;
    return times > requests ? [`${code} was logged ${times} times, for ${requests} requests`] : [];
  });
}
