import type { ServerResponse } from 'node:http';
import type { Imgwire } from '../imgwire.ts';
import type { IncomingRequest } from '../incoming-request.ts';
import { resolveBodyRules, resolveRules, resolveRulesOnce } from '../rules/resolve-rules.ts';
import type { ResolvedRules } from '../rules/rules.ts';
import type { Context } from '../upload/context.ts';
import { forRequest } from '../upload/reports.ts';
import { LengthHistory } from './length-history.ts';
import { receive } from './receive.ts';
import { receiveBody } from './receive-body.ts';

/** The methods of an instance that receive requests. */
export function receivers(context: Context): Pick<Imgwire, 'receive' | 'receiver' | 'bodyReceiver'> {
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
