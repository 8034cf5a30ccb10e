import { onFile } from '../../shared/choose-files.js';
import { showTrace } from '../../shared/show-trace.js';
import { addRow } from '../../shared/upload-row.js';
import { showCode } from './code.js';
import { inWords } from './in-words.js';
import { reloadSession, showService, watchSession } from './session.js';
import { uploadUnderRules } from './under-rules.js';
import { uploadWithToken } from './with-token.js';

const ROADS = {
  token: { send: uploadWithToken, first: 'Token issued, record created', last: 'READY' },
  rules: { send: uploadUnderRules, first: 'Allowed, record created', last: 'Judged by the server' },
};
const roads = document.querySelector('#roads');
const chosen = () => ROADS[roads.elements.road.value];

function upload(file) {
  const road = chosen();
  let stored;
  // Only under its rules does the server know whose an image is, and so who may delete it.
  const onDelete = road === ROADS.rules && (() => stored.remove());
  const row = addRow(file, { onRetry: start, onDelete });

  async function start() {
    const { showProgress, steps } = timed(road, row.showProgress);
    row.showWaiting();
    try {
      stored = await road.send(file, showProgress);
      row.showStored(stored);
      showTrace(steps());
    } catch (error) {
      row.showProblem({ message: await inWords(error), code: error.code, status: error.status });
      if (error.status === 401) await reloadSession();
    }
  }

  void start();
}

const stepsOf = ({ first, last }, at = {}) => [
  { what: first, ms: at.sending },
  { what: 'Bytes at Imgwire', ms: at.processing },
  { what: last, ms: at.end },
];

/** The steps of an upload, as the browser sees them. */
function timed(road, showProgress) {
  const begun = performance.now();
  const at = {};
  return {
    showProgress(progress) {
      at[progress.phase] ??= performance.now() - begun;
      showProgress(progress);
    },
    steps: () => stepsOf(road, { ...at, end: performance.now() - begun }),
  };
}

onFile(upload);
watchSession();
void showService();
void showCode(roads, () => showTrace(stepsOf(chosen())));
