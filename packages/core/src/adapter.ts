// What an adapter is made of: docs/adapters.md shows one of fifty lines. An adapter translates, and decides nothing: it checks its
// options, makes a route of rules, lets core receive the request, attaches the images, and sends what core responds.

export { CHECKS } from './adapters/checks.ts';
export type {
  Endpoint,
  EndpointExchange,
  EndpointRequest,
  EndpointRules,
} from './adapters/guarded-endpoint.ts';
export { errorResponse, headersOf, type JsonResponse } from './adapters/json-response.ts';
export {
  type FactoryOptions,
  type ImgwireInstanceOptions,
  type ParsedOptions,
  parseOptions,
} from './adapters/parse-options.ts';
export { platformReceiver } from './adapters/platform-receiver.ts';
export {
  attach,
  type ImgwireRequest,
  missingImage,
  type RequestImgwire,
  receivesRequest,
  toRequestFiles,
} from './adapters/request-files.ts';
export { responseSignal } from './adapters/response-signal.ts';
export { type RouteMethods, routeFields, routeMethods } from './adapters/route-methods.ts';
export type { RequestHeaders } from './adapters/same-site.ts';
export { type ImgwireMulterFile, type ImgwireStorageOptions, imgwireStorage } from './adapters/storage.ts';
export {
  type UploadViaUrlMetadata,
  type UploadViaUrlRules,
  type ViaUrlExchange,
  type ViaUrlResult,
  viaUrlEndpoint,
} from './adapters/upload-via-url.ts';
export { watchAwait } from './adapters/watch-await.ts';
export { directUploadEndpoint } from './direct/direct-endpoint.ts';
export type { DirectNotes, NoteState } from './direct/notes.ts';
export { directBodyBytes } from './direct/request.ts';
export type {
  CompletionRules,
  DirectFile,
  DirectUploadRules,
  IssuedToken,
  TokenImageRules,
  UploadTokenRules,
} from './direct/rules.ts';
export { assertSubject, assertTokenSubject } from './direct/rules.ts';
export { tokenEndpoint } from './direct/token-endpoint.ts';
export { asError } from './errors.ts';
export { extensionOf } from './inspect/inspect.ts';
export { misplaced } from './options/checks.ts';
export { definedOf } from './options/defined-of.ts';
export type { Check, Checks, OptionProblem } from './options/option-problem.ts';
export { formatBytes } from './options/units.ts';
export { assertInput, assertNotRequest, assertOptions } from './options/validate.ts';
export { urlOf } from './realm-safe.ts';
export type { FormOutput } from './receive/fields.ts';
export { isForm } from './receive/form.ts';
export { assertNotReceived } from './receive/request-body.ts';
export { kindOf, type UploadKind } from './receive/upload-kind.ts';
export { bodyRouteRules, type RouteFields, routeRules } from './rules/route-rules.ts';
