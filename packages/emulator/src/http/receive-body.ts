import { type Call, pause, untilClosed, untilLifted } from './call.ts';
import { faultAnswer } from './fault-answer.ts';

/**
 * The body of the request as it arrives, counted in the log, with faults on its bytes applied.
 * If the reader stops, the connection stays intact: a response can still be sent while the rest is in flight.
 * Throws if the client disconnects before the body is complete.
 */
export async function* receiveBody(call: Call): AsyncGenerator<Buffer> {
  const { request, response, log, fault, service } = call;
  await strike(call, log.bytesReceived);
  // A client with `Expect: 100-continue` (RFC 9110, 10.1.1) sends nothing before the 100.
  if (request.headers.expect !== undefined) response.writeContinue();
  const chunks = request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
  for await (const chunk of chunks) {
    log.bytesReceived += chunk.length;
    service.changes.notify();
    await strike(call, log.bytesReceived);
    if (fault?.readBytesPerSecond) await pause(call, (chunk.length / fault.readBytesPerSecond) * 1000);
    yield chunk;
  }
  // A fault that counts as a hit does happen, even if the body is shorter than its threshold.
  await strike(call, Number.POSITIVE_INFINITY);
}

/** Drains the body. */
export async function drainBody(call: Call): Promise<void> {
  for await (const _ of receiveBody(call));
}

async function strike(call: Call, bytes: number): Promise<void> {
  const { fault, request } = call;
  if (!fault) return;
  const reached = (limit: number | undefined): boolean => limit !== undefined && bytes >= limit;
  if (reached(fault.resetAfterBytes)) {
    request.socket.resetAndDestroy();
    await untilClosed(call);
  }
  if (reached(fault.stallAfterBytes)) await untilLifted(call, fault);
  if (reached(fault.respondAfterBytes)) throw faultAnswer(fault);
}
