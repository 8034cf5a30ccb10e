const BYTES = new Uint8Array(1024 * 1024).fill(7);

/** Reads 1 MiB byte by byte, twenty times. */
function readBytes(): number {
  let sum = 0;
  for (let time = 0; time < 20; time++) for (const byte of BYTES) sum = (sum + byte) | 0;
  return sum;
}

async function fastest(run: () => unknown): Promise<number> {
  const times: number[] = [];
  for (let time = 0; time < 3; time++) {
    const start = performance.now();
    await run();
    times.push(performance.now() - start);
  }
  return Math.min(...times);
}

/** The time of a run, in units of twenty passes over 1 MiB on this machine: the fastest of three runs of both. */
export const effort = async (run: () => unknown): Promise<number> =>
  (await fastest(run)) / (await fastest(readBytes));
