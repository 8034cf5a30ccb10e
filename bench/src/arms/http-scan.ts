import type { IncomingMessage, Server } from 'node:http';
import { type FactoryOptions, parseOptions } from '@imgwire/core/adapter';
import { imagesOf, servePlainly } from './plain-http.ts';

/** Core without a framework, with a scan that reads every byte and finds nothing. */
export function start(options: FactoryOptions<IncomingMessage>): Promise<Server> {
  const { connect, rules } = parseOptions('bench', options);
  const receive = connect().receiver<IncomingMessage>({
    ...rules,
    scan: async (bytes) => {
      let size = 0;
      for await (const chunk of bytes) size += chunk.length;
      return size > 0;
    },
  });
  return servePlainly(receive, imagesOf);
}
