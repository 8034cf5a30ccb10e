import type { RouteName } from '../route-names.ts';
import type { Fields } from '../validate.ts';
import type { Answer } from './answer.ts';
import type { Access } from './authorize.ts';
import type { Call } from './call.ts';

/** One row of the table of routes. */
export interface Route {
  readonly name: RouteName;
  readonly method: string;
  /**
   * Exact path; a segment may be a `{name}`, which matches any one segment, or a `{name:uuid}`, which matches a
   * UUID.
   */
  readonly path: string;
  readonly access: Access;
  /** `{names}` of the path that must be UUIDs. */
  readonly uuids?: readonly string[];
  /** Fields of the JSON body. Absent: there is none, and any body is drained. */
  readonly body?: Fields;
  /** The route reads the raw body itself. */
  readonly streams?: true;
  readonly answer: (call: Call) => Answer | Promise<Answer>;
}
