/** Where the images go. Only an emulator speaks http, and it has a page. */
export function Connected() {
  const { IMGWIRE_API_BASE_URL: url } = process.env;
  return (
    <p className="connected">Images go to {url?.startsWith('http:') ? <a href={url}>{url}</a> : 'Imgwire'}</p>
  );
}
