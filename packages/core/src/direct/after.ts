import { ImgwireError } from '../errors.ts';
import { IMAGE_TYPES, type ImageType } from '../inspect/inspect.ts';
import { formatBytes } from '../options/units.ts';
import type { FileRules } from '../rules/rules.ts';
import type { ImageRecord } from '../service/service.ts';
import { isTooSmall, tooManyPixels, tooSmall, unsupported } from '../upload/accept.ts';
import type { Ticket, TicketRules } from './ticket.ts';

/** What a ticket bears of the rules of a file. */
export const ticketRules = (rules: FileRules): TicketRules => ({
  fileSize: rules.fileSize,
  types: rules.accept.reduce((bits, type) => bits | bitOf(type), 0),
  maxPixels: rules.maxPixels,
  ...(rules.minWidth > 1 && { minWidth: rules.minWidth }),
  ...(rules.minHeight > 1 && { minHeight: rules.minHeight }),
  mustKnow: rules.pixelsMustBeKnown,
});

const bitOf = (type: ImageType): number => 1 << IMAGE_TYPES.indexOf(type);

/**
 * Judges a stored image by what the service has measured, with the rules of its ticket and the codes of a form. Whatever the browser
 * declared, and whatever the presigned URL let through, this decides.
 *
 * @returns why it is rejected; undefined if it may stay
 */
export function verdict(image: ImageRecord, { rules, size }: Ticket): ImgwireError | undefined {
  if (image.status === 'QUARANTINE') return new ImgwireError('IMAGE_QUARANTINED');
  const { mime_type: type, size_bytes: bytes, width, height } = image;
  const accept = IMAGE_TYPES.filter((each) => rules.types & bitOf(each));
  if (!accept.includes(type)) return unsupported({ accept });
  if (bytes === 0) return new ImgwireError('EMPTY_FILE');
  if (width * height > rules.maxPixels) return tooManyPixels(width, height, rules.maxPixels);
  if (rules.mustKnow && width * height === 0) return new ImgwireError('PIXELS_UNKNOWN');
  const { minWidth = 0, minHeight = 0 } = rules;
  if (isTooSmall(width, height, { minWidth, minHeight }))
    return tooSmall(width, height, { minWidth, minHeight });
  if (bytes > rules.fileSize) {
    return new ImgwireError('LIMIT_FILE_SIZE', {
      message: `The file is larger than ${formatBytes(rules.fileSize)}.`,
    });
  }
  return size !== undefined && bytes > size ? new ImgwireError('LENGTH_MISMATCH') : undefined;
}

/** Whether a record is of another upload than that of a ticket for a token, or of nobody's token. */
export const isOfAnother = (image: ImageRecord, { token }: Ticket): boolean =>
  token !== undefined && image.upload_token_id !== token;
