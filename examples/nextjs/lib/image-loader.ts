/** The URL of an image at the width that the browser asks for. It runs in the browser too, so it imports nothing. */
export default function imageLoader({
  src,
  width,
}: {
  readonly src: string;
  readonly width: number;
}): string {
  return `${src}?width=${width}&format=auto&quality=auto`;
}
