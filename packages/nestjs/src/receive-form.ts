import type { IncomingMessage } from 'node:http';
import { type Imgwire, ImgwireError, isImgwireError } from '@imgwire/core';
import {
  platformReceiver,
  type RequestImgwire,
  receivesRequest,
  toRequestFiles,
  type UploadKind,
} from '@imgwire/core/adapter';
import { payloadOf } from './fastify-forms.ts';
import type { ImgwireRules } from './imgwire.options.ts';
import { rawOf } from './problem.ts';
import { attachFiles, type NestFiles, type PlatformRequest, type PlatformResponse } from './uploaded-form.ts';

/**
 * Creates a function that receives the upload of a platform's request: files become its `imgwire`, and its `file` or `files` for
 * Nest's own decorators, and the text fields of a form its `body`. Any other request passes through with its body untouched, unless
 * a file is required or there is a `form`.
 *
 * @param caller the interceptor's factory, for an error of the developer
 */
export function formReceiver(
  caller: string,
  imgwire: Imgwire,
  rules: ImgwireRules,
  nestFiles: NestFiles,
  kind: UploadKind,
): (request: PlatformRequest, response: PlatformResponse) => Promise<RequestImgwire> {
  const receives = receivesRequest(rules, kind);
  const open = (): ReturnType<typeof platformReceiver> => platformReceiver(imgwire, rules as never, kind);
  // Lazily, on the first form: a mocked instance may not have a `receiver()`.
  let receive: ReturnType<typeof open> | undefined;
  return async (request, response) => {
    const raw = request.raw ?? (request as IncomingMessage);
    if (!receives(raw.headers, raw)) {
      attachFiles(request, {}, nestFiles);
      // What another upload of the route has stored is not its own to discard.
      return toRequestFiles([]);
    }
    receive ??= open();
    const form = await receive(request, raw, rawOf(response), payloadOf(request)).catch((error: unknown) => {
      throw readBefore(caller, error) ?? error;
    });
    if (kind === 'form') request.body = form.fields;
    return attachFiles(request, form, nestFiles);
  };
}

const CODE = 'BODY_ALREADY_READ';
/** What the code says of itself is about a middleware. */
const { message: OF_THE_CODE } = new ImgwireError(CODE);

/** What to write where somebody in front has read the form. */
function readBefore(caller: string, error: unknown): ImgwireError | undefined {
  if (!isImgwireError(error) || error.code !== CODE || error.message !== OF_THE_CODE) return undefined;
  return new ImgwireError(CODE, {
    message: `The request body was read before ${caller} could read it: leave out what reads bodies in front of it, such as FileInterceptor() and express.raw(), or keep the bytes as rawBody.`,
    cause: error,
  });
}
