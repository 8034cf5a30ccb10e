import { startEmulator } from '../index.ts';

// A process to be measured or killed: starts an emulator from its arguments and responds to messages.
const emulator = await startEmulator(JSON.parse(process.argv[2] ?? '{}') as object);
// Sampled here: the system's peak includes that of the parent process.
let peak = 0;
setInterval(() => {
  peak = Math.max(peak, process.memoryUsage.rss());
}, 5);
process.on('message', (question) => {
  if (question === 'memory') process.send?.({ now: process.memoryUsage.rss(), peak });
});
process.on('disconnect', () => process.exit(0));
process.send?.({ url: emulator.url, apiKey: emulator.apiKey });
