import type { Http } from '../service/http.ts';
import type { Lifetime } from '../service/lifetime.ts';
import type { RetryPolicy } from '../service/retry.ts';
import type { Service } from '../service/service.ts';
import type { Budget } from './budget.ts';
import type { Copy } from './content.ts';
import type { UndoFailure } from './events.ts';

/** Where the package reports what no caller is told; pino's argument order, and `console` fits too. */
export interface Logger {
  /** Not called at present. */
  debug?(context: object, message: string): void;
  /** Passing failures: a call that is repeated. */
  warn?(context: object, message: string): void;
  /** What somebody has to see to: a record that is left. */
  error?(context: object, message: string): void;
}

/** What every step that speaks to Imgwire needs. */
export interface Connection {
  readonly service: Service;
  readonly http: Http;
  readonly retries: RetryPolicy;
  /** Longest time of a PUT without progress, milliseconds. */
  readonly putIdleTimeoutMs: number;
  /** What uploads wait for. */
  readonly budget: Budget;
  /** Opens the copy of a file from which it can be sent again, see memory-copy.ts. */
  openCopy(length: number): Promise<Copy>;
  readonly lifetime: Lifetime;
  /** Reports a record that could not be deleted. Never throws. */
  undoFailed(failure: UndoFailure): void;
}
