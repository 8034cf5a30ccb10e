import type { UploadedImage, UploadProgress } from '@imgwire/client';
import type { Express } from 'express';
import type { JSHandle, Page } from 'playwright-core';
import type { TestFile } from '../support/images.ts';
import { buildClient } from './build-client.ts';

/** An error as it leaves the page. */
export interface SeenError {
  readonly isUploadError: boolean;
  readonly name: string;
  readonly code: string;
  readonly status: number;
  readonly message: string;
  readonly retryAfter?: number;
  readonly issues?: readonly object[];
  readonly field?: string;
  readonly fileName?: string;
}

/** A result of `uploadDirect()` as it leaves the page. */
export interface SeenResult {
  readonly name: string;
  readonly image?: UploadedImage;
  readonly data?: unknown;
  readonly error?: SeenError;
}

/** What has become of an upload. */
export interface Outcome<T> {
  readonly value?: T;
  readonly error?: SeenError;
}

/** A step of an upload, and the file that it is of, if it is of one. */
export type Step = UploadProgress & { readonly file?: string };

/** An upload that runs in the page. */
export interface Run<T> {
  outcome(): Promise<Outcome<T>>;
  steps(): Promise<Step[]>;
  abort(): Promise<void>;
}

/** A file of the page. */
export interface PageFile extends TestFile {
  /** So many zeros come after its bytes: they are made in the page, and need not get there. @default 0 */
  readonly zeros?: number;
}

/** Makes the files in the page, so that it has real ones, and puts down what the client says. */
const DRIVER = `
import * as client from '/client.js';
const plain = (error) => error && {
  isUploadError: error instanceof client.UploadError && error instanceof Error,
  name: error.name, code: error.code, status: error.status, message: error.message, retryAfter: error.retryAfter,
  issues: error.issues, field: error.field, fileName: error.fileName,
};
const fileOf = ({ name, type, base64, zeros }) => {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  return new File([bytes, new Uint8Array(zeros)], name, { type });
};
globalThis.start = (how, url, files, options) => {
  const controller = new AbortController();
  if (options.aborted) controller.abort();
  const steps = [];
  const onProgress = (progress, file) => {
    steps.push({ ...progress, ...(file && { file: file.name }) });
    if (options.throws) throw new Error('of the listener');
  };
  const results = (value) => how === 'uploadForm' ? value : value.map(({ file, error, ...rest }) =>
    ({ name: file.name, ...rest, ...(error && { error: plain(error) }) }));
  const outcome = client[how](url, files.map(fileOf), { ...options, signal: controller.signal, onProgress })
    .then((value) => ({ value: results(value) }), (error) => ({ error: plain(error) }));
  return { outcome, steps, abort: () => controller.abort() };
};
`;

/** Serves the client as it is built, and a page that has it. */
export async function serveClient(app: Express): Promise<void> {
  const client = await buildClient(true);
  app.get('/', (_req, res) =>
    res.type('html').send('<!doctype html><script type="module" src="/driver.js"></script>'),
  );
  app.get('/driver.js', (_req, res) => res.type('js').send(DRIVER));
  app.get('/client.js', (_req, res) => res.type('js').send(client));
}

interface InPage {
  readonly outcome: Promise<Outcome<never>>;
  readonly steps: Step[];
  readonly abort: () => void;
}
declare const start: (how: string, url: string, files: object[], options: object) => InPage;

/** Starts an upload in the page. */
export async function run<T>(
  page: Page,
  how: 'uploadForm' | 'uploadDirect',
  url: string,
  files: readonly PageFile[],
  options: object = {},
): Promise<Run<T>> {
  const given = files.map(({ name, type, bytes, zeros = 0 }) => ({
    ...{ name, type, zeros },
    base64: bytes.toString('base64'),
  }));
  const handle: JSHandle<InPage> = await page.evaluateHandle(
    ([how, url, files, options]) => start(how, url, files, options),
    [how, url, given, options] as const,
  );
  return {
    outcome: () => handle.evaluate((upload) => upload.outcome) as Promise<Outcome<T>>,
    steps: () => handle.evaluate((upload) => upload.steps),
    abort: () => handle.evaluate((upload) => upload.abort()),
  };
}
