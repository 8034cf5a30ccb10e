import { clearLine, cursorTo } from 'node:readline';
import type { Tally } from './report.ts';

/** The progress display of an import. */
export interface Progress {
  update(tally: Tally): void;
  /** Writes a line to stderr without breaking the bar. */
  complain(line: string): void;
  end(): void;
}

const BAR_WIDTH = 24;
const REDRAW_MS = 100;

/** A bar on a terminal, a plain line for each tenth anywhere else. */
export function showProgress(total: number): Progress {
  return process.stdout.isTTY ? bar() : lines(total);
}

function bar(): Progress {
  const { stdout } = process;
  const startedAt = performance.now();
  let drawnAt = Number.NEGATIVE_INFINITY;
  let text = '';
  const clear = (): void => {
    cursorTo(stdout, 0);
    clearLine(stdout, 0);
  };
  const draw = (): void => {
    clear();
    // A line that wraps cannot be cleared.
    stdout.write(text.slice(0, stdout.columns - 1));
    drawnAt = performance.now();
  };
  return {
    update: (tally) => {
      text = barLine(tally, performance.now() - startedAt);
      if (performance.now() - drawnAt >= REDRAW_MS) draw();
    },
    complain: (line) => {
      clear();
      console.error(line);
      draw();
    },
    end: clear,
  };
}

function barLine({ done, failed, total }: Tally, ms: number): string {
  const share = (done + failed) / Math.max(1, total);
  const filled = Math.round(share * BAR_WIDTH);
  const left = Math.round((ms / share - ms) / 1000);
  return [
    '█'.repeat(filled) + '░'.repeat(BAR_WIDTH - filled),
    `${Math.floor(share * 100)} %`,
    `${done + failed} of ${total}`,
    `${left} s left`,
    ...(failed > 0 ? [`${failed} failed`] : []),
  ].join('  ');
}

function lines(total: number): Progress {
  let told = 0;
  return {
    update: ({ done, failed }) => {
      const percent = Math.floor((100 * (done + failed)) / total);
      if (percent < told + 10) return;
      told = percent - (percent % 10);
      console.info(`${percent} %: ${done + failed} of ${total}, ${failed} failed`);
    },
    complain: (line) => console.error(line),
    end: () => undefined,
  };
}
