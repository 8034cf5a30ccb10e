import type { IncomingMessage, Server } from 'node:http';
import { type FactoryOptions, parseOptions } from '@imgwire/core/adapter';
import { imagesOf, servePlainly } from './plain-http.ts';

/** Core without a framework, for files without a form. */
export function start(options: FactoryOptions<IncomingMessage>): Promise<Server> {
  const { connect, rules } = parseOptions('bench', options);
  const imgwire = connect();
  return servePlainly(imgwire.bodyReceiver(rules), imagesOf);
}
