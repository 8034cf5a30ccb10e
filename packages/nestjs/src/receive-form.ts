import type { IncomingMessage } from 'node:http';
import { type Imgwire, isForm, platformReceiver, type RequestImgwire } from '@imgwire/core';
import type { ImgwireRules } from './imgwire.options.ts';
import { rawOf } from './problem.ts';
import { attachFiles, type PlatformRequest, type PlatformResponse } from './uploaded-form.ts';

/**
 * Creates a function that receives the form of a platform's request: text fields become its `body`, files its `imgwire`. A
 * request that is not multipart/form-data passes through with its body untouched, unless a file is required.
 */
export function formReceiver(
  imgwire: Imgwire,
  rules: ImgwireRules,
): (request: PlatformRequest, response: PlatformResponse) => Promise<RequestImgwire> {
  const required = rules.required || rules.fields?.some((field) => field.required);
  const open = (): ReturnType<typeof platformReceiver> => platformReceiver(imgwire, rules as never);
  // Lazily, on the first form: a mocked connection may not have a `receiver()`.
  let receive: ReturnType<typeof open> | undefined;
  return async (request, response) => {
    const raw = request.raw ?? (request as IncomingMessage);
    // If a file is required, core rejects a request that is not a form.
    if (!(required || isForm(raw.headers))) return attachFiles(request, []);
    receive ??= open();
    const form = await receive(request, raw, rawOf(response));
    request.body = form.fields;
    return attachFiles(request, form.files);
  };
}
