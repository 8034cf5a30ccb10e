import { metrics } from '@opentelemetry/api';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import {
  ConsoleMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { ConsoleSpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';
import { startImgwireTelemetry } from './imgwire-telemetry.ts';

const tracing = new NodeTracerProvider({
  spanProcessors: [new SimpleSpanProcessor(new ConsoleSpanExporter())],
});
// Also keeps the active span across `await`, in AsyncLocalStorage.
tracing.register();

const reader = new PeriodicExportingMetricReader({
  exporter: new ConsoleMetricExporter(),
  exportIntervalMillis: 10_000,
});
const metering = new MeterProvider({ readers: [reader] });
metrics.setGlobalMeterProvider(metering);

// Creates the span of each request. The emulator is a server in this process too; its requests would only confuse.
const http = new HttpInstrumentation({ ignoreIncomingRequestHook: ({ url }) => url !== '/images' });
const stopImgwireTelemetry = startImgwireTelemetry();

/** Flushes spans and metrics. */
export async function stopTelemetry(): Promise<void> {
  stopImgwireTelemetry();
  http.disable();
  await Promise.all([tracing.shutdown(), metering.shutdown()]);
}
