const ID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi;
const MOST = 76;

/** A path with the id of its image whole: other ids are cut to their first letters, and the rest in the middle. */
export function shortPath(path, imageId) {
  const short = path.replace(ID, (id) => (id === imageId ? id : `${id.slice(0, 4)}…`));
  if (short.length <= MOST) return short;
  const at = imageId ? short.indexOf(imageId) : -1;
  if (at < 0) return `${short.slice(0, MOST / 2)}…${short.slice(-MOST / 2)}`;
  const end = at + imageId.length;
  return `${short.slice(0, Math.min(at, 12))}${at > 12 ? '…' : ''}${short.slice(at, end)}${short.slice(end, end + 20)}${short.length > end + 20 ? '…' : ''}`;
}
