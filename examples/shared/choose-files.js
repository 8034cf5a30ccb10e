const input = document.querySelector('#files');
const sample = document.querySelector('#sample');
const dropZone = document.querySelector('.drop-zone');

/** Calls back with each file that is picked in the field of the page, or dropped anywhere on the page, and with the sample. */
export function onFile(upload) {
  input.addEventListener('change', () => {
    for (const file of input.files) upload(file);
    // The same file can be picked again.
    input.value = '';
  });

  // A double click asks for it once.
  sample.addEventListener('click', ({ detail }) => {
    if (detail < 2) void samplePicture().then(upload);
  });

  // The whole page accepts drops: a file that misses the drop zone would replace the page in the tab.
  document.addEventListener('dragover', (event) => {
    event.preventDefault();
    dropZone.classList.toggle('dragging', !input.disabled);
  });
  document.addEventListener('dragleave', (event) => {
    if (!event.relatedTarget) dropZone.classList.remove('dragging');
  });
  document.addEventListener('drop', (event) => {
    event.preventDefault();
    dropZone.classList.remove('dragging');
    if (input.disabled) return;
    for (const file of event.dataTransfer.files) upload(file);
  });
}

async function samplePicture() {
  const bytes = await (await fetch('lake.jpg')).blob();
  return new File([bytes], 'lake.jpg', { type: bytes.type });
}

/** Lets nothing be chosen, and says why; without a reason, lets it be chosen again. */
export function lockChoice(reason = '') {
  input.disabled = reason !== '';
  sample.disabled = reason !== '';
  document.querySelector('#choice-hint').textContent = reason || 'or drop them here';
}
