import {
  attach,
  errorResponse,
  type FactoryOptions,
  type ImgwireRequest,
  parseOptions,
  platformReceiver,
  type RouteMethods,
  receivesRequest,
  routeMethods,
} from '@imgwire/core/adapter';
import type { Context, Middleware } from 'koa';

declare module 'koa' {
  interface ExtendableContext extends ImgwireRequest {}
  interface Request {
    body?: unknown;
  }
}

/** `upload.single('avatar')` and its like: middleware that stores the files of a form before the next one runs. */
export function imgwireUpload(options: FactoryOptions<Context> = {}): RouteMethods<Context, Middleware> {
  const caller = 'imgwireUpload()';
  const { connect, rules: shared } = parseOptions(caller, options);
  const imgwire = connect();
  return routeMethods(caller, shared, (rules, _name, kind): Middleware => {
    const receive = platformReceiver(imgwire, rules, kind);
    const receives = receivesRequest(rules, kind);
    return async (ctx, next) => {
      const form = receives(ctx.headers) ? await receive(ctx, ctx.req, ctx.res) : undefined;
      if (form && kind === 'form') ctx.request.body = form.fields;
      attach(ctx, form ?? { files: [] });
      await next();
    };
  });
}

/** Middleware that sends our errors as problem details. Others go on to Koa. */
export const imgwireErrors: Middleware = async (ctx, next) => {
  try {
    await next();
  } catch (error) {
    const response = errorResponse(error);
    if (!response) throw error;
    if (!ctx.writable) return; // the client has gone, or somebody else has sent a response
    ctx.status = response.status;
    ctx.set({ ...response.headers });
    ctx.body = JSON.stringify(response.body);
  }
};
