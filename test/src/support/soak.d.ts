import 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    /** Whether a case runs at its full size (`npm run test:soak`), or at that of a sample (`npm test`). */
    soak: boolean;
  }
}
