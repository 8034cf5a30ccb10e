import type { FaultReport } from '../faults.ts';
import type { Call } from '../http/call.ts';
import { type HttpResponse, json } from '../http/response.ts';
import type { ImageEntry } from '../image-record.ts';
import { whyQuarantined } from '../lifecycle.ts';
import type { EmulatorRequest } from '../request-log.ts';
import { wireImage } from '../service.ts';

/** How many images and requests one response has, the newest first. */
const SHOWN = 200;

/** What the emulator holds now: the newest images and requests, how many there are, and the faults. */
export function readState(call: Call): HttpResponse {
  const { state, requestLog, faults } = call.service;
  const { entries: requests } = requestLog;
  const newest = state.images.values().reverse().slice(0, SHOWN);
  return json({
    images: newest.map((entry) => showImage(call, entry)),
    total: state.images.size,
    requests: requests.slice(-SHOWN).reverse().map(showRequest),
    total_requests: requests.length,
    faults: faults.list().map(wireFault),
  });
}

function showImage(call: Call, entry: ImageEntry): object {
  const reason = whyQuarantined(entry.record);
  return {
    ...wireImage(call.service, entry),
    sha256: entry.stored?.sha256 ?? null,
    ...(reason ? { quarantine_reason: reason } : {}),
  };
}

function showRequest({ error: _, body, ...request }: EmulatorRequest): object {
  return body === undefined ? request : { ...request, body: redactUrl(body) };
}

/** The `url` of an upload via URL may be a presigned one. */
function redactUrl(body: unknown): unknown {
  const { url } = Object(body) as { url?: unknown };
  return typeof url === 'string' ? { ...(body as object), url: url.replace(/\?.*$/s, '?[redacted]') } : body;
}

/** A fault as the control routes send it: its script, and how many requests it has seen and applied to. */
export function wireFault({ id, fault, seen, hits }: FaultReport): object {
  return { id, seen, hits, ...fault };
}
