const END = 12;

/** Shows a file name in an element of the class `name`, and returns it. One that is too long is cut in the middle: names differ at their ends. */
export function showName(element, name) {
  const characters = [...name];
  const parts = [characters.slice(0, -END), characters.slice(-END)].filter(({ length }) => length > 0);
  element.replaceChildren(
    ...parts.map((part) => Object.assign(document.createElement('span'), { textContent: part.join('') })),
  );
  element.title = name;
  return element;
}
