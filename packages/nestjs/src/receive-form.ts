import type { IncomingMessage } from 'node:http';
import { type Imgwire, isForm, type RequestImgwire } from '@imgwire/core';
import type { ImgwireRules } from './imgwire.options.ts';
import { rawOf } from './problem.ts';
import { attachFiles, type PlatformRequest, type PlatformResponse } from './uploaded-form.ts';

/**
 * Makes what receives the form of a platform's request: text fields become its `body`, files its `imgwire`. A request
 * that is not multipart/form-data passes, its body untouched, unless the form must have a file.
 */
export function formReceiver(
  imgwire: Imgwire,
  rules: ImgwireRules,
): (request: PlatformRequest, response: PlatformResponse) => Promise<RequestImgwire> {
  // Core receives Node's request; the callbacks get the platform's, with what guards have put on it.
  const platform = new WeakMap<IncomingMessage, never>();
  const { authorize, metadata, ...rest } = rules;
  const required = rules.required || rules.fields?.some((field) => field.required);
  const open = (): ReturnType<Imgwire['receiver']> =>
    imgwire.receiver<IncomingMessage>({
      ...rest,
      ...(authorize && { authorize: (raw) => authorize(platform.get(raw) as never) }),
      ...(metadata && { metadata: (raw, file) => metadata(platform.get(raw) as never, file) }),
    });
  // Not before a form comes: a connection that a test has mocked need not be able to receive any.
  let receive: ReturnType<typeof open> | undefined;
  return async (request, response) => {
    const raw = request.raw ?? (request as IncomingMessage);
    // A form that must have a file is refused when it is none.
    if (!(required || isForm(raw.headers))) return attachFiles(request, []);
    platform.set(raw, request as never);
    // A parser of Fastify leaves the body that it has read on Fastify's request.
    if (request.rawBody !== undefined) Object.assign(raw, { rawBody: request.rawBody });
    receive ??= open();
    const form = await receive(raw, rawOf(response));
    request.body = form.fields;
    return attachFiles(request, form.files);
  };
}
