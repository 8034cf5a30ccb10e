/** Says where the images are stored, with a link to the page of an emulator. */
export async function showService(paragraph) {
  const response = await fetch('/service');
  const { name, page } = await response.json();
  const link = Object.assign(document.createElement('a'), { href: page, textContent: 'Look into it' });
  paragraph.append(`Images are stored by ${name}. `, ...(page ? [link] : []));
}
