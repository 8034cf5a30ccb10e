import type { IncomingMessage, Server } from 'node:http';
import { type FactoryOptions, parseOptions } from '@imgwire/core/adapter';
import { imagesOf, servePlainly } from './plain-http.ts';

/** Core without a framework, called with a literal of rules for each request, as people write it. */
export function start(options: FactoryOptions<IncomingMessage>): Promise<Server> {
  const { connect, rules } = parseOptions('bench', options);
  const imgwire = connect();
  return servePlainly((req, res) => imgwire.receive(req, { ...rules }, res), imagesOf);
}
