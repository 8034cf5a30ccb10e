// What @imgwire/client uses of the browser and Node lacks. packages/client/tsconfig.json checks it against the real one.
declare class XMLHttpRequest {
  readonly status: number;
  readonly responseText: string;
  readonly upload: {
    onprogress: ((event: { readonly loaded: number; readonly total: number }) => void) | null;
    onload: (() => void) | null;
  };
  withCredentials: boolean;
  onloadend: (() => void) | null;
  open(method: string, url: string): void;
  setRequestHeader(name: string, value: string): void;
  getAllResponseHeaders(): string;
  send(body: Blob | FormData): void;
  abort(): void;
}
