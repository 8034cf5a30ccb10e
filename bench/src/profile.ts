import { writeFile } from 'node:fs/promises';
import { Session } from 'node:inspector/promises';

/** Profiles this process from now on. What it answers ends that and writes a .cpuprofile, for a browser's developer tools. */
export async function profile(): Promise<(path: string | URL) => Promise<void>> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.start');
  return async (path) => {
    const { profile: found } = await session.post('Profiler.stop');
    session.disconnect();
    await writeFile(path, JSON.stringify(found));
  };
}
