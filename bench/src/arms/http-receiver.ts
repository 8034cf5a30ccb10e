import type { IncomingMessage, Server } from 'node:http';
import { type FactoryOptions, RULE_CHECKS, splitOptions, type UploadRules } from '@imgwire/express';
import { imagesOf, servePlainly } from './plain-http.ts';

/** Core without a framework, its rules resolved once. `@imgwire/express` exports all of core. */
export function start(options: FactoryOptions<IncomingMessage>): Promise<Server> {
  const { imgwire, rules } = splitOptions<UploadRules<IncomingMessage>>('bench', options, RULE_CHECKS);
  return servePlainly(imgwire.receiver(rules), imagesOf);
}
