const END = 12;

/** A file name. One that is too long is shortened in the middle: names differ at their ends. */
export function Name({ text }: { readonly text: string }) {
  const characters = [...text];
  return (
    <span className="name" title={text}>
      <span>{characters.slice(0, -END).join('')}</span>
      <span>{characters.slice(-END).join('')}</span>
    </span>
  );
}
