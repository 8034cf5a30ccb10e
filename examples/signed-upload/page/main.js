import { onFile } from '../../shared/choose-files.js';
import { addCard } from './card.js';
import { inWords } from './in-words.js';
import { showService, showSession } from './session.js';
import { uploadUnderRules } from './under-rules.js';
import { uploadWithToken } from './with-token.js';

const ROADS = { token: uploadWithToken, rules: uploadUnderRules };

async function upload(file) {
  const road = document.querySelector('[name="road"]:checked').value;
  const card = addCard(file);
  try {
    card.showImage(await ROADS[road](file, card.showProgress));
  } catch (error) {
    card.showProblem(await inWords(error), error);
  }
}

onFile((file) => void upload(file));
await Promise.all([showSession(), showService()]);
