/** Returns a variable of the environment. Some runtimes have no `process`. */
export const ofEnvironment = (name: string): string | undefined => globalThis.process?.env[name];
