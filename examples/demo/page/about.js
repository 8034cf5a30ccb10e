import { showTrace } from '../../shared/show-trace.js';

/** Says where the images are stored, with a link to the page of an emulator, and shows the code of the route, and its steps. */
export async function showAbout() {
  const response = await fetch('about');
  const { name, page, file, route, steps } = await response.json();
  const link = Object.assign(document.createElement('a'), { href: page, textContent: name });
  document.querySelector('#service').append('Images are stored by ', page ? link : name);
  document.querySelector('#file').textContent = file;
  document.querySelector('#route').textContent = route;
  showTrace(steps);
}
