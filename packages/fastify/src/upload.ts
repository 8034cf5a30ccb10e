import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  type FieldRules,
  type Imgwire,
  inAnyField,
  inField,
  inFields,
  isForm,
  platformReceiver,
  type RouteFields,
  routeRules,
  type UploadRules,
} from '@imgwire/core';
import type { FastifyRequest } from 'fastify';
import { attachFiles, type UploadHook } from './request.ts';
import { rethrow } from './rethrow.ts';

type Rules = UploadRules<FastifyRequest>;

/** multer's methods, as hooks of a route: `preHandler`, or `preValidation` where the route has a schema of the body. */
export interface UploadHooks {
  /** One file, in the field `name`. */
  single(name: string, rules?: Rules): UploadHook;
  /** Files in the field `name`, at most `maxCount` of them. */
  array(name: string, maxCount?: number, rules?: Rules): UploadHook;
  /** Files in the named fields, each with its own rules. */
  fields(fields: readonly FieldRules[], rules?: Rules): UploadHook;
  /** Files in any field, or in those that the rules name. */
  any(rules?: Rules): UploadHook;
}

/** Creates the hooks over a connection; `take` registers each. */
export function uploadHooks(
  imgwire: Imgwire,
  shared: Rules,
  take: (hook: UploadHook) => UploadHook,
): UploadHooks {
  const route = (method: string, fieldsOf: RouteFields, own: Rules = {}): UploadHook => {
    const rules = routeRules(`app.imgwire${method}`, shared, own, fieldsOf);
    const receive = platformReceiver(imgwire, rules);
    const mustHaveFile = rules.required || rules.fields?.some((field) => field.required);
    return take(async (request, reply) => {
      const raw = request.raw as IncomingMessage;
      // A request that requires a file is rejected if it is not a form.
      if (!(mustHaveFile || isForm(raw.headers))) {
        attachFiles(request, []);
        return;
      }
      const form = await receive(request as FastifyRequest, raw, reply.raw as ServerResponse).catch(rethrow);
      request.body = form.fields;
      attachFiles(request, form.files);
    });
  };
  return {
    single: (name, rules) => route('.single()', inField(name, 1), rules),
    array: (name, maxCount, rules) => route('.array()', inField(name, maxCount), rules),
    fields: (fields, rules) => route('.fields()', inFields(fields), rules),
    any: (rules) => route('.any()', inAnyField, rules),
  };
}
