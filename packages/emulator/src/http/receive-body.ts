import { type Call, pause, untilClosed, untilLifted } from './call.ts';
import { faultAnswer } from './fault-answer.ts';

/**
 * The body of the request as it arrives, counted in the log, with the faults that concern its bytes applied.
 * Whoever stops reading leaves the connection intact: an answer may still go out while the rest flows.
 * Throws when the client leaves before the body is whole.
 */
export async function* receiveBody(call: Call): AsyncGenerator<Buffer> {
  const { request, response, log, fault, service } = call;
  await strike(call, log.bytesReceived);
  // A client that asks first (RFC 9110, 10.1.1) sends nothing until it is told to go on.
  if (request.headers.expect !== undefined) response.writeContinue();
  const chunks = request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
  for await (const chunk of chunks) {
    log.bytesReceived += chunk.length;
    service.changes.notify();
    await strike(call, log.bytesReceived);
    if (fault?.readBytesPerSecond) await pause(call, (chunk.length / fault.readBytesPerSecond) * 1000);
    yield chunk;
  }
  // A fault that counts as a hit does happen, even when the body is shorter than it says.
  await strike(call, Number.POSITIVE_INFINITY);
}

/** Reads the body to its end and drops it. */
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
  if (reached(fault.answerAfterBytes)) throw faultAnswer(fault);
}
