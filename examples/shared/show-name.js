const END = 12;

/** Shows a file name. One that is too long is shortened in the middle: names differ at their ends. */
export function showName(element, name) {
  const characters = [...name];
  const [start, end] = [characters.slice(0, -END), characters.slice(-END)].map((part) => {
    return Object.assign(document.createElement('span'), { textContent: part.join('') });
  });
  element.replaceChildren(start, end);
  element.title = name;
}
