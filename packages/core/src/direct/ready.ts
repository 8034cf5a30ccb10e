import type { ImgwireImage } from '../image/image.ts';
import { sleep } from '../service/retry.ts';
import type { DirectInstance } from './means.ts';

const FIRST_MS = 100;
const LONGEST_MS = 2_000;

/**
 * Polls a record until the service has measured it, or the time is up. Returns it as it was last.
 *
 * @param onSeen gets the record each time
 * @throws ImgwireError `IMAGE_NOT_FOUND`, and as `retrieve`; what `onSeen` throws
 */
export async function untilMeasured(
  imgwire: DirectInstance,
  imageId: string,
  timeoutMs: number,
  onSeen: (image: ImgwireImage) => void,
): Promise<ImgwireImage> {
  const deadline = performance.now() + timeoutMs;
  for (let waitMs = FIRST_MS; ; waitMs = Math.min(LONGEST_MS, waitMs * 1.5)) {
    const image = await imgwire.retrieve(imageId);
    onSeen(image);
    if (isMeasured(image) || performance.now() + waitMs >= deadline) return image;
    await sleep(waitMs);
  }
}

/** READY may come before the service has measured the image: its size is then 0 × 0. */
export const isMeasured = ({ status, width, height, processed_metadata_at: at }: ImgwireImage): boolean =>
  status === 'QUARANTINE' || (status === 'READY' && (width * height > 0 || at !== null));
