/** Shows the code of the server for the chosen way, now and after each change. */
export async function showCode(roads, onChange) {
  const response = await fetch('code');
  const code = await response.json();
  const show = () => {
    document.querySelector('#code').textContent = code[roads.elements.road.value];
    onChange();
  };
  document.querySelector('#file').textContent = code.file;
  roads.addEventListener('change', show);
  show();
}
