// What the tests use of packages that bring no types.
declare module 'node-fetch2' {
  export default function fetch(
    url: string,
    init: { method: string; body: NodeJS.ReadableStream },
  ): Promise<{ readonly status: number; text(): Promise<string> }>;
}
declare module 'superagent' {
  const superagent: { post(url: string): import('./superagent.ts').Request };
  export default superagent;
}
declare module 'supertest' {
  export default function supertest(url: string): { post(path: string): import('./superagent.ts').Request };
}
