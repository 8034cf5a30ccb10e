import type { IncomingMessage, ServerResponse } from 'node:http';
import { createImgwire, type Imgwire, type ReceivedForm } from '@imgwire/core';
import {
  attach,
  CHECKS,
  errorResponse,
  type FactoryOptions,
  headersOf,
  type ImgwireRequest,
  isForm,
  type JsonResponse,
  parseOptions,
  platformReceiver,
  type RequestImgwire,
  type RouteMethods,
  receivesRequest,
  responseSignal,
  routeMethods,
  tokenEndpoint,
  type UploadKind,
  type UploadViaUrlRules,
  viaUrlEndpoint,
} from '@imgwire/core/adapter';

/** True only where both are the same type; `any` is the same as nothing else. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const is = <_True extends true>(): void => undefined;

/** A request of a framework, which wraps Node's. */
interface Wrapped extends ImgwireRequest {
  readonly raw: IncomingMessage;
  readonly user?: string;
}
type Route = (request: Wrapped, res: ServerResponse) => Promise<void>;

export function upload(options: FactoryOptions<Wrapped>): RouteMethods<Wrapped, Route> {
  const { connect, rules: shared } = parseOptions('upload()', options);
  const imgwire = connect();
  is<Same<typeof imgwire, Imgwire>>();
  return routeMethods('upload()', shared, (rules, name, kind) => {
    is<Same<typeof name, string>>();
    is<Same<typeof kind, UploadKind>>();
    const receive = platformReceiver(imgwire, rules, kind);
    const receives = receivesRequest(rules, kind);
    return async (request, res) => {
      if (!receives(request.raw.headers)) return attach(request, { files: [] });
      const form = await receive(request, request.raw, res);
      is<Same<typeof form, ReceivedForm>>();
      attach(request, form);
      is<Same<typeof request.imgwire, RequestImgwire | undefined>>();
    };
  });
}
export const via: UploadViaUrlRules<Wrapped> = parseOptions<UploadViaUrlRules<Wrapped>>(
  'via()',
  { allowedHosts: ['images.example.com'] },
  CHECKS.viaUrl,
  'allowedHosts',
).rules;
export const route: Route = upload({ authorize: ({ user }) => user !== undefined }).single('avatar', {
  required: true,
});
// @ts-expect-error -- no rule of an upload
upload({ allowedHosts: ['images.example.com'] });

export async function endpoints(request: Wrapped, res: ServerResponse): Promise<JsonResponse | undefined> {
  const imgwire = createImgwire();
  if (isForm(request.raw.headers)) return errorResponse(new TypeError('a form'));
  const token = tokenEndpoint<IncomingMessage>({
    imgwire,
    authorize: (req) => req.headers.cookie !== undefined,
  });
  is<Same<Parameters<typeof token>[0], IncomingMessage>>();
  const web = tokenEndpoint<Request>({ imgwire, authorize: (req) => req.headers.has('cookie') });
  const response = await web(new Request('https://example.com'), { signal: AbortSignal.timeout(1000) });
  is<Same<typeof response, JsonResponse>>();
  console.info(headersOf(response, res.getHeader('Vary')));
  const exchange = { body: () => ({ url: 'https://images.example.com/a.png' }), signal: responseSignal(res) };
  attach(request, await viaUrlEndpoint(imgwire, { allowedHosts: ['images.example.com'] }, request, exchange));
  return token(request.raw, { signal: responseSignal(res) });
}
