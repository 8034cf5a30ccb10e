import { isSame } from './same-fault.js';

/** What a fault can do, in words, and how it is written. */
export const FAULT_EXAMPLES = [
  ['The upload gets a 503, twice', { route: 'put', status: 503, times: 2, headers: { 'retry-after': '1' } }],
  ['The upload stalls after 64 KiB', { route: 'put', stallAfterBytes: 65_536 }],
  ['The connection breaks after 64 KiB', { route: 'put', resetAfterBytes: 65_536 }],
  ['Every upload is slow', { route: 'put', readBytesPerSecond: 65_536, times: null }],
  ['The upload URL has expired', { route: 'put', expired: true }],
  ['The upload is stored, its response lost', { route: 'put', afterProcessing: true }],
  ['The record is created 3 seconds late', { route: 'create', delayMs: 3000 }],
  ['The create call never gets a response', { route: 'create', hang: true }],
  ['The delivery gets a 500', { route: 'cdn', status: 500 }],
];

/** What the fault does in words, if it is one of the examples. */
export function titleOf(fault) {
  return FAULT_EXAMPLES.find(([, example]) => isSame(example, fault))?.[0];
}
