import { Socket } from 'node:net';
import { afterEach, expect, it, vi } from 'vitest';
import { type OnConnected, openConnectionsAhead } from './connections-ahead.ts';

const ORIGIN = 'https://api.example';
const TO = { protocol: 'https:', host: 'api.example', hostname: 'api.example', port: '' };
const TIMEOUT = Object.assign(new Error('timeout'), { code: 'UND_ERR_CONNECT_TIMEOUT' });

afterEach(() => void vi.restoreAllMocks());

/** Takes a connection that was opened ahead so many milliseconds ago, and times out after 1 s. Returns what came of it. */
function timeOut(ageMs: number): { readonly connections: number; readonly error: Error | null | undefined } {
  const now = vi.spyOn(performance, 'now').mockReturnValue(0);
  const made: OnConnected[] = [];
  const ahead = openConnectionsAhead((_to, onConnected) => {
    made.push(onConnected);
    return new Socket();
  });
  ahead.expect(ORIGIN);
  now.mockReturnValue(ageMs);
  let error: Error | null | undefined;
  ahead.connector(10_000)(TO, (...outcome) => {
    [error] = outcome;
  });
  now.mockReturnValue(1_000);
  made[0]?.(TIMEOUT, null);
  ahead.close();
  return { connections: made.length, error };
}

it('a request that came late makes a connection of its own where one opened ahead times out', () => {
  expect(timeOut(900)).toEqual({ connections: 2, error: undefined });
});

it('a request that has waited for most of the timeout fails with it', () => {
  expect(timeOut(100)).toEqual({ connections: 1, error: TIMEOUT });
});
