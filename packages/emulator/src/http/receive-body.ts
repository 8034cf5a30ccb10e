import { type Call, pause, untilClosed, untilRemoved } from './call.ts';
import { faultError } from './errors.ts';

/**
 * Reads the body of the request as it arrives, counts it in the log, and applies a fault to it. If the caller stops reading, the
 * connection stays intact: a response can still be sent while the rest is in flight.
 * @throws Error if the client disconnects before the body is complete
 */
export async function* receiveBody(call: Call): AsyncGenerator<Buffer> {
  const { request, response, log, fault, service } = call;
  await applyFault(call, log.bytesReceived);
  // A client with `Expect: 100-continue` (RFC 9110, 10.1.1) sends nothing before the 100.
  if (request.headers.expect !== undefined) response.writeContinue();
  const chunks = request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
  for await (const chunk of chunks) {
    log.bytesReceived += chunk.length;
    service.changes.notify();
    await applyFault(call, log.bytesReceived);
    if (fault?.readBytesPerSecond) await pause(call, (chunk.length / fault.readBytesPerSecond) * 1000);
    yield chunk;
  }
  // A fault that counts as a hit takes effect, even if the body is shorter than its threshold.
  await applyFault(call, Number.POSITIVE_INFINITY);
}

/** Reads the body to its end, and discards it. */
export async function drainBody(call: Call): Promise<void> {
  for await (const _ of receiveBody(call));
}

async function applyFault(call: Call, bytes: number): Promise<void> {
  const { fault, request } = call;
  if (!fault) return;
  const reached = (limit: number | undefined): boolean => limit !== undefined && bytes >= limit;
  if (reached(fault.resetAfterBytes)) {
    request.socket.resetAndDestroy();
    await untilClosed(call);
  }
  if (reached(fault.stallAfterBytes)) await untilRemoved(call, fault);
  if (reached(fault.respondAfterBytes)) throw faultError(fault);
}
