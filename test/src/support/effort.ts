import { costOf } from './growth.ts';

const BYTES = new Uint8Array(1024 * 1024).fill(7);

const PASSES = 5;

/** Reads 1 MiB byte by byte, a few times. */
function readBytes(): number {
  let sum = 0;
  for (let time = 0; time < PASSES; time++) for (const byte of BYTES) sum = (sum + byte) | 0;
  return sum;
}

async function least(run: () => unknown): Promise<number> {
  const costs: number[] = [];
  for (let time = 0; time < 3; time++) costs.push(await costOf(run));
  return Math.min(...costs);
}

/** The processor time of a run, in units of twenty passes over 1 MiB on this machine: the least of three runs of both. */
export const effort = async (run: () => unknown): Promise<number> =>
  (await least(run)) / ((20 / PASSES) * (await least(readBytes)));
