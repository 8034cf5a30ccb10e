import { ImgwireError, toImgwireError } from '../errors.ts';
import type { Outcome } from './work.ts';

/** The result of one completion, as it is sent. */
type Result =
  | Outcome
  | { readonly error: { readonly status: number; readonly code: string; readonly detail: string } };

/**
 * Puts the outcomes of several completions into one response, in order. Its status is that of the first error, else 202 if one is
 * pending, else 200.
 */
export function completionResponse(outcomes: readonly PromiseSettledResult<Outcome>[]): {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: object;
} {
  const failures = outcomes.map((each) => (each.status === 'rejected' ? failureOf(each.reason) : undefined));
  const results = outcomes.map((each, at): Result => {
    const failure = failures[at];
    return failure ? { error: shown(failure) } : (each as PromiseFulfilledResult<Outcome>).value;
  });
  const first = failures.find((failure) => failure !== undefined);
  if (first) return { status: first.status, headers: first.headers, body: { ...first.toJSON(), results } };
  const isPending = results.some((result) => 'pending' in result);
  return {
    status: isPending ? 202 : 200,
    headers: isPending ? { 'Retry-After': '1' } : {},
    body: { results },
  };
}

const failureOf = (error: unknown): ImgwireError =>
  toImgwireError(error) ?? new ImgwireError('UPSTREAM_UNAVAILABLE', { cause: error });

/** What is undefined is not in the JSON. */
function shown(error: ImgwireError): {
  status: number;
  code: string;
  detail: string;
  type: string | undefined;
  retryAfter: number | undefined;
} {
  const { type, status, code, detail, retryAfter } = error.toJSON();
  return { type, status, code, detail, retryAfter };
}
