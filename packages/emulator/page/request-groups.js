/**
 * The requests by the image that they are about, the newest first. One that is about no image, or alone about its image, is a group
 * by itself.
 */
export function groupRequests(requests) {
  const images = new Set(requests.map(({ imageId }) => imageId));
  const groups = new Map();
  for (const request of requests) {
    // A preflight has no image, but the path of the request that it is for.
    const image = request.imageId ?? request.path.split(/[/@]/).find((part) => images.has(part));
    const key = image ?? request.id;
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(request);
  }
  return Array.from(groups, ([key, all]) => ({ key: all.length > 1 ? key : all[0].id, requests: all }));
}
