import 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    /** Whether cases run at full size (`npm run test:soak`) or as a sample (`npm test`). */
    soak: boolean;
  }
}
