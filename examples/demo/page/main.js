import { addCard } from './card.js';
import { limit } from './limit.js';
import { sendImage } from './send-image.js';

const input = document.querySelector('#files');
const dropZone = document.querySelector('.drop-zone');
const oneOfThree = limit(3);

function upload(files) {
  for (const file of files) void uploadOne(file, addCard(file));
}

async function uploadOne(file, card) {
  try {
    card.showImage(await oneOfThree(() => sendImage(file, card.showProgress)));
  } catch (problem) {
    card.showProblem(problem);
  }
}

input.addEventListener('change', () => {
  upload(input.files);
  // The same file can be picked again.
  input.value = '';
});

// The whole page accepts drops: a file that misses the drop zone would replace the page in the tab.
document.addEventListener('dragover', (event) => {
  event.preventDefault();
  dropZone.classList.add('dragging');
});
document.addEventListener('dragleave', (event) => {
  if (!event.relatedTarget) dropZone.classList.remove('dragging');
});
document.addEventListener('drop', (event) => {
  event.preventDefault();
  dropZone.classList.remove('dragging');
  upload(event.dataTransfer.files);
});
