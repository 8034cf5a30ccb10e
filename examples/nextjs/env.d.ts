declare namespace NodeJS {
  interface ProcessEnv {
    /** The source of the upload route: see next.config.ts. */
    readonly UPLOAD_ROUTE: string;
  }
}
