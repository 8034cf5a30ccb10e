import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import type { Imgwire } from '../imgwire.ts';
import type { ReceivedForm } from '../receive/receive.ts';
import { replaceBody } from '../receive/request-body.ts';
import type { UploadKind } from '../receive/upload-kind.ts';
import type { UploadRules } from '../rules/rules.ts';

/** What is found on the framework's request only: the body that a parser has read, and the id for the log. */
const OF_REQUEST = ['rawBody', 'id'] as const;

/**
 * Creates a function that receives the uploads of a framework whose request wraps Node's. `authorize` and `metadata` are called with
 * the framework's request, with the properties that its hooks or guards have set; the body is read from Node's, or from the stream
 * that a hook of the framework has made of it.
 *
 * @param kind whether it receives forms, or bodies that are the image
 * @throws TypeError that names the wrong option
 */
export function platformReceiver<Request extends object>(
  imgwire: Pick<Imgwire, 'receiver' | 'bodyReceiver'>,
  rules: UploadRules<Request>,
  kind: UploadKind = 'form',
): (
  request: Request,
  raw: IncomingMessage,
  res?: ServerResponse,
  payload?: Readable,
) => Promise<ReceivedForm> {
  const platform = new WeakMap<IncomingMessage, Request>();
  const { authorize, metadata, ...rest } = rules;
  const ofRaw: UploadRules<IncomingMessage> = {
    ...rest,
    ...(authorize && { authorize: (raw) => authorize(platform.get(raw) as Request) }),
    ...(metadata && { metadata: (raw, file) => metadata(platform.get(raw) as Request, file) }),
  };
  const receive = kind === 'form' ? imgwire.receiver(ofRaw) : imgwire.bodyReceiver(ofRaw);
  return (request, raw, res, payload = raw) => {
    platform.set(raw, request);
    if (payload !== raw) replaceBody(raw, payload);
    for (const name of OF_REQUEST)
      if (name in request) Object.assign(raw, { [name]: request[name as never] });
    return receive(raw, res);
  };
}
