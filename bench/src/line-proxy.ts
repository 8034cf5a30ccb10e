import { type Distance, openRelay } from './line-relay.ts';
import { answerQuestions } from './worker.ts';

/** Opens an origin of its own, so that there can be several before one server. */
export type LineQuestion = { do: 'open'; target: string; distance: Distance };

/** The process that is the line between the servers under test and the sink. */
answerQuestions<LineQuestion>({ open: ({ target, distance }) => openRelay(target, distance) });
