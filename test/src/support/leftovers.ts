import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * The temporary directory of this test file and its child processes. Other tests run at the same time, and their files must
 * not be counted.
 */
export const temporaryDirectory = mkdtempSync(join(tmpdir(), 'test-'));
process.env['TMPDIR'] = temporaryDirectory;
process.once('exit', () => rmSync(temporaryDirectory, { recursive: true, force: true }));

/** Our temporary files with a name: a file has one only for the instant before it is unlinked. */
export function namedTemporaryFiles(): string[] {
  return readdirSync(temporaryDirectory).filter((name) => name.startsWith('imgwire-upload-'));
}

/** Our temporary files that a process has open, with or without a name; from /proc, so Linux only. */
export function openTemporaryFiles(pid: number | 'self' = 'self'): string[] {
  const directory = `/proc/${pid}/fd`;
  return readdirSync(directory).flatMap((fd) => {
    try {
      const target = readlinkSync(join(directory, fd));
      return target.includes('/imgwire-upload-') ? [target] : [];
    } catch {
      // The descriptor of the listing itself is already closed.
      return [];
    }
  });
}

/** Bytes in our temporary files that this process has open. */
export const temporaryBytes = (): number =>
  readdirSync('/proc/self/fd').reduce((sum, fd) => {
    const path = join('/proc/self/fd', fd);
    try {
      return readlinkSync(path).includes('/imgwire-upload-') ? sum + statSync(path).size : sum;
    } catch {
      return sum;
    }
  }, 0);

/** Resident memory of a process, bytes. */
export function residentBytes(pid: number): number {
  const line = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(line?.[1]) * 1024;
}
