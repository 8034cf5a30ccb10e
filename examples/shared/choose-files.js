const input = document.querySelector('#files');
const dropZone = document.querySelector('.drop-zone');

/** Calls back with each file that is picked in the field of the page, or dropped anywhere on the page. */
export function onFile(upload) {
  input.addEventListener('change', () => {
    for (const file of input.files) upload(file);
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
    for (const file of event.dataTransfer.files) upload(file);
  });
}
