import { offerWayBack } from './back-link.js';
import { showConnection } from './connection.js';
import { byId } from './elements.js';
import { offerFaults } from './faults.js';
import { offerForgetting } from './forget.js';
import { offerSheet } from './image-sheet.js';
import { offerImages } from './images.js';
import { untilReleased } from './pressed.js';
import { offerRequests } from './requests.js';

const POLL_MS = 1000;

let state = { images: [], requests: [], faults: [], total: 0, total_requests: 0 };
let connection;
let drawn = '';
let asked = 0;
let answered = 0;

const read = () => ({ ...state, connection });
const sheet = offerSheet(read, refresh);
const showImages = offerImages(sheet.open);
const showRequests = offerRequests(sheet.open);
const showFaults = offerFaults(refresh);

async function refresh() {
  asked += 1;
  const mine = asked;
  try {
    // After a restart the keys may be others.
    connection ??= await showConnection();
    const text = await fetch('/_emulator/state').then((response) => response.text());
    await untilReleased();
    // One that was asked later may have been answered before.
    if (mine < answered) return;
    answered = mine;
    if (text !== drawn) {
      state = JSON.parse(text);
      for (const show of [showImages, showRequests, showFaults]) show(state);
      sheet.draw();
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

offerWayBack();
offerForgetting(read, refresh);
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) void refresh();
});
void poll();
