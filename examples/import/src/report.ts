import { isImgwireError, type UploadInput, type UploadViaUrlInput } from '@imgwire/core';

/** How many items of an import have settled, and how. */
export interface Tally {
  done: number;
  failed: number;
  readonly total: number;
}

const number = (value: number): string => value.toLocaleString('en');

/** One line for a failed item, in columns: item, code, reason. */
export function describeFailure(item: UploadInput | UploadViaUrlInput, reason: unknown): string {
  const name = 'url' in item ? item.url : item.customMetadata?.['path'];
  const code = isImgwireError(reason) ? reason.code : 'ERROR';
  return [name, code, reasons(reason).join(' ')].map((text) => String(text).replace(/\s+/g, ' ')).join('\t');
}

/** The message is safe to show to clients; an operator needs its cause. */
function reasons(error: unknown): string[] {
  if (!(error instanceof Error)) return [String(error)];
  return error.cause ? [error.message, ...reasons(error.cause)] : [error.message];
}

/** The one line at the end. */
export function summarize({ done, failed, total }: Tally, ms: number, isStopped: boolean): string {
  const outcome = `${number(done)} of ${number(total)} images are stored, ${number(failed)} failed`;
  const time = `${(ms / 1000).toFixed(1)} s`;
  if (isStopped) return `Stopped after ${time}: ${outcome}. The same command again goes on from here.`;
  return `Finished in ${time}: ${outcome}.${failed > 0 ? ' The same command again tries those that failed.' : ''}`;
}
