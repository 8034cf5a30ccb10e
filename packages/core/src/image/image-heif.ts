import { type Box, boxesIn, type Dimensions, largest } from './image-bytes.ts';

/**
 * ISO/IEC 23008-12, 6.5.3: the extents are properties of items. An image may be made of tiles and carry thumbnails,
 * which are items too, so that the largest extent is the image's, once all of them are there.
 */
export function heifDimensions(head: DataView): Dimensions | undefined {
  const meta = find(head, 0, head.byteLength, 'meta');
  // `meta` has a version and flags in front of its boxes.
  const properties = meta && find(head, meta.start + 4, meta.end, 'iprp');
  const container = properties && find(head, properties.start, properties.end, 'ipco');
  return container?.isWhole ? largest(extentsIn(head, container)) : undefined;
}

function find(head: DataView, start: number, end: number, type: string): Box | undefined {
  for (const box of boxesIn(head, start, end)) if (box.type === type) return box;
  return undefined;
}

function* extentsIn(head: DataView, { start, end }: Box): Generator<Dimensions> {
  for (const box of boxesIn(head, start, end)) {
    const hasExtent = box.type === 'ispe' && box.end - box.start >= 12;
    if (hasExtent) yield { width: head.getUint32(box.start + 4), height: head.getUint32(box.start + 8) };
  }
}
