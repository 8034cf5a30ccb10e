import { copyButton } from './copy.js';
import { byId } from './elements.js';

let image;

/** Shows the record of an image, and why it is in quarantine if it is. */
export function showRecord(chosen) {
  image = chosen;
  byId('record').textContent = recordText();
  byId('quarantine').hidden = !image.quarantine_reason;
  byId('quarantine').textContent = image.quarantine_reason ? `In quarantine. ${image.quarantine_reason}` : '';
}

/** As the API sends it, with the hash of the bytes. */
function recordText() {
  const { quarantine_reason: _, ...record } = image;
  return JSON.stringify(record, null, 2);
}

byId('record-copies').append(copyButton('the record', recordText, 'Copy JSON'));
