import { showService } from './service.js';
import { upload } from './upload.js';

const input = document.querySelector('#files');
const dropZone = document.querySelector('.drop-zone');

function uploadAll(files) {
  for (const file of files) upload(file);
}

input.addEventListener('change', () => {
  uploadAll(input.files);
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
  uploadAll(event.dataTransfer.files);
});

void showService(document.querySelector('#service'));
