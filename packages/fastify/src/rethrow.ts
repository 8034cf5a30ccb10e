/** Rethrows. What is no object, Fastify's error handling would send as a response: with the status 200. */
export function rethrow(thrown: unknown): never {
  if (typeof thrown === 'object' && thrown !== null) throw thrown;
  throw new Error('A callback failed without an error.', { cause: thrown });
}
