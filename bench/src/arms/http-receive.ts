import type { IncomingMessage, Server } from 'node:http';
import { type FactoryOptions, RULE_CHECKS, splitOptions, type UploadRules } from '@imgwire/express';
import { imagesOf, servePlainly } from './plain-http.ts';

/** Core without a framework, called with a literal of rules for each request, as people write it. */
export function start(options: FactoryOptions<IncomingMessage>): Promise<Server> {
  const { imgwire, rules } = splitOptions<UploadRules<IncomingMessage>>('bench', options, RULE_CHECKS);
  return servePlainly((req, res) => imgwire.receive(req, { ...rules }, res), imagesOf);
}
