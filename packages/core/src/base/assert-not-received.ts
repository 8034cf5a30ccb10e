import { ImgwireUploadError } from './errors.ts';

const received = new WeakSet<object>();

/**
 * Notes that an upload takes the body of a request, and refuses a second one: that of the whole application in front of that of
 * a route. The first has stored the files by then, under its rules.
 *
 * @throws ImgwireUploadError `BODY_ALREADY_READ`
 */
export function assertNotReceived(request: object): void {
  if (received.has(request)) {
    throw new ImgwireUploadError('BODY_ALREADY_READ', {
      message: 'Another upload in front of this one has received the form already; leave one of the two out.',
    });
  }
  received.add(request);
}
