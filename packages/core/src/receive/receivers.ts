import type { ServerResponse } from 'node:http';
import type { IncomingRequest } from '../incoming-request.ts';
import { resolveBodyRules, resolveRules, resolveRulesOnce } from '../rules/resolve-rules.ts';
import type { BodyRules, ResolvedRules, UploadRules } from '../rules/rules.ts';
import type { Context } from '../upload/context.ts';
import { forRequest } from '../upload/reports.ts';
import type { FormOutput } from './fields.ts';
import { LengthHistory } from './length-history.ts';
import { type ReceivedForm, receive } from './receive.ts';
import { receiveBody } from './receive-body.ts';

/** The methods of an instance that receive requests. */
export interface Receivers {
  /**
   * Receives a multipart form, and stores its files at Imgwire while they arrive. All or nothing: on any failure no image of the
   * form is left.
   *
   * Rules are resolved once for each object: to change them later has no effect. Pass `res`, so that a response sent before the
   * form is complete aborts the upload (`RESPONSE_ENDED`), and `discardOnError` works.
   *
   * @throws ImgwireError any code; the errors of `authorize`, `form` and `metadata` unchanged
   */
  receive<Request extends IncomingRequest, Fields = unknown>(
    req: Request,
    rules?: UploadRules<Request, Fields>,
    res?: ServerResponse,
  ): Promise<ReceivedForm<FormOutput<Fields>>>;
  /** `receive` for one set of rules, which is validated once. @throws TypeError that names the wrong option */
  receiver<Request extends IncomingRequest, Fields = unknown>(
    rules?: UploadRules<Request, Fields>,
  ): (req: Request, res?: ServerResponse) => Promise<ReceivedForm<FormOutput<Fields>>>;
  /**
   * Makes a function that receives bodies that are one image each: of any method, with `Content-Type: image/*`,
   * `application/octet-stream`, or none. It stores them as `receive` does a form, as the only file, without fields.
   *
   * @throws TypeError that names the wrong option
   */
  bodyReceiver<Request extends IncomingRequest>(
    rules?: BodyRules<Request>,
  ): (req: Request, res?: ServerResponse) => Promise<ReceivedForm>;
}

/** Makes the {@link Receivers} of an instance. */
export function receivers(context: Context): Receivers {
  const by =
    <Request extends IncomingRequest, Fields>(
      rules: ResolvedRules<Request, Fields>,
      history: LengthHistory,
    ) =>
    (req: Request, res?: ServerResponse) =>
      receive(forRequest(context, req), req, rules, history, res);
  // Rules that come with each call may be a new object each time: all those calls share what they learn.
  const shared = new LengthHistory();
  return {
    receiver: (rules = {}) => by(resolveRules(rules), new LengthHistory()),
    bodyReceiver: (given = {}) => {
      const rules = resolveBodyRules(given);
      return (req, res) => receiveBody(forRequest(context, req), req, rules, res);
    },
    receive: async (req, rules = {}, res) => by(resolveRulesOnce(rules), shared)(req, res),
  };
}
