import { showConnection } from './connection.js';
import { byId } from './elements.js';
import { offerFaults, showFaults } from './faults.js';
import { offerForgetting } from './forget.js';
import { showImages } from './images.js';
import { showDelivery } from './playground.js';
import { showRecord } from './record.js';
import { onFilter } from './request-filter.js';
import { showRequests } from './requests.js';

const POLL_MS = 1000;

let state = { images: [], requests: [], faults: [], total: 0, total_requests: 0 };
let connection;
let drawn = '';
let chosenId;

function choose(image) {
  chosenId = image.id;
  draw();
  byId('chosen').scrollIntoView({ block: 'nearest' });
  byId('news').textContent = `The record of ${image.original_filename} is shown.`;
}

function draw() {
  showImages(state, chosenId, choose);
  showRequests(state);
  showFaults(state, refresh);
  const image = state.images.find(({ id }) => id === chosenId);
  byId('chosen').hidden = !image;
  if (!image) return;
  showRecord(image);
  showDelivery(image, connection.has_sharp);
}

async function refresh() {
  try {
    // After a restart the keys may be others.
    connection ??= await showConnection();
    const text = await fetch('/_emulator/state').then((response) => response.text());
    if (text !== drawn) {
      state = JSON.parse(text);
      draw();
    }
    drawn = text;
    byId('lost').hidden = true;
  } catch {
    connection = undefined;
    byId('lost').hidden = false;
    byId('lost').textContent = 'The emulator does not respond. Is it still running?';
  }
}

async function poll() {
  if (!document.hidden) await refresh();
  setTimeout(() => void poll(), POLL_MS);
}

offerForgetting(() => ({ ...state, folder: connection?.folder }), refresh);
offerFaults(refresh);
onFilter(draw);
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) void refresh();
});
void poll();
