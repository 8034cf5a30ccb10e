import type { Socket } from 'node:net';
import { createChanges } from './changes.ts';
import type { Emulator } from './emulator.ts';
import { createFaults } from './faults.ts';
import { createHelpers } from './helpers.ts';
import { createRouter } from './http/router.ts';
import { type Listening, listen } from './http/server.ts';
import { createLifecycle } from './lifecycle.ts';
import { createMetrics } from './metrics.ts';
import { type EmulatorOptions, resolveOptions } from './options.ts';
import { createRequestLog } from './request-log.ts';
import { CONTROL_ROUTES } from './routes/control.ts';
import { PAGE_ROUTES } from './routes/page.ts';
import { ROUTES } from './routes/table.ts';
import type { Service } from './service.ts';
import { openState } from './store/state.ts';

/**
 * Starts a local Imgwire and resolves when it listens.
 * @example
 * const emulator = await startEmulator();
 * const app = createApp({ apiKey: emulator.apiKey, baseUrl: emulator.url });
 * // …
 * await emulator.close();
 * @throws TypeError on a wrong option; Error if the port or the folder is in use
 */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const resolved = resolveOptions(options);
  const changes = createChanges();
  const state = await openState(resolved, changes.notify);
  const lifecycle = createLifecycle(state, resolved);
  await lifecycle.resume();
  let address = '';
  const service: Service = {
    options: resolved,
    state,
    lifecycle,
    changes,
    metrics: createMetrics(),
    faults: createFaults(changes.notify),
    requestLog: createRequestLog(resolved.requestLogLimit),
    baseUrl: () => (resolved.publicUrl ?? address).replace(/\/+$/, ''),
    reset: (caller) => reset(service, server, caller),
  };
  const server = await listen(service, createRouter([...ROUTES, ...PAGE_ROUTES, ...CONTROL_ROUTES])).catch(
    async (error) => {
      await state.close();
      throw error;
    },
  );
  address = server.url;
  const emulator: Emulator = {
    url: server.url,
    apiKey: state.identity.apiKey,
    clientKey: state.identity.clientKey,
    requests: service.requestLog.entries,
    faults: service.faults,
    connections: server.connections,
    ...createHelpers(service, server.connections, () => emulator),
    reset: () => service.reset(),
    unref: server.unref,
    close: () => close(service, server),
  };
  return emulator;
}

async function reset(service: Service, server: Listening, caller: Socket | undefined): Promise<void> {
  service.faults.clear();
  service.lifecycle.stop();
  await server.endRequests(caller);
  await service.state.clear();
  service.metrics.clear();
  service.requestLog.clear();
  service.changes.notify();
}

async function close(service: Service, server: Listening): Promise<void> {
  service.lifecycle.stop();
  await server.close();
  service.changes.stop();
  await service.state.close();
}
