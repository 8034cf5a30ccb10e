// What the tests use of packages that bring no types.
declare module 'node-fetch2' {
  export default function fetch(
    url: string,
    init: { method: string; body: NodeJS.ReadableStream },
  ): Promise<{ readonly status: number; text(): Promise<string> }>;
}
