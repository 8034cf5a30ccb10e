/** The URL of an image at the width that the browser asks for. The browser has it too, so that it imports nothing. */
export default function imageLoader({
  src,
  width,
}: {
  readonly src: string;
  readonly width: number;
}): string {
  return `${src}?width=${width}&format=auto`;
}
