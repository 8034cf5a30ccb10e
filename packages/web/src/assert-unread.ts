import { ImgwireError } from '@imgwire/core';

/**
 * Refuses a request whose body somebody in front has read: what was read is gone.
 *
 * @throws ImgwireError `BODY_ALREADY_READ`
 */
export function assertUnread({ bodyUsed, body }: Request): void {
  if (!(bodyUsed || body?.locked)) return;
  throw new ImgwireError('BODY_ALREADY_READ', {
    message:
      "The body of the request was read before the upload could read it: in front of it leave out request.formData(), request.json(), Hono's c.req.parseBody() and validators of the body, and give an Elysia route parse: 'none'.",
  });
}
