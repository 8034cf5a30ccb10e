const TEXT = /"(?:[ !#-[\]-\u{10ffff}]|\\(?:["\\/bfnrt]|u[\da-f]{4}))*"/iuy;
const OTHER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:e[+-]?\d+)?|true|false|null/iy;
const NAME = 'a name in double quotes';

/**
 * Where a text stops to be JSON, and what should be there; undefined if it is JSON. Browsers say so in their own ways, and some say
 * no place.
 */
export function jsonProblem(text) {
  let at = 0;
  const next = () => {
    while (at < text.length && ' \t\r\n'.includes(text[at])) at += 1;
    return text[at];
  };
  const fail = (expected) => {
    throw { at, expected };
  };
  const match = (pattern, expected) => {
    pattern.lastIndex = at;
    at += pattern.exec(text)?.[0].length ?? fail(expected);
  };
  const list = (end, item) => {
    at += 1;
    let found = next();
    if (found === end) at += 1;
    while (found !== end) {
      item();
      found = next();
      if (found !== ',' && found !== end) fail(`a comma or ${end}`);
      at += 1;
    }
  };
  const member = () => {
    if (next() !== '"') fail(NAME);
    match(TEXT, 'a text that is closed by a double quote');
    if (next() !== ':') fail('a colon');
    at += 1;
    value();
  };
  const value = () => {
    const first = next();
    if (first === '{') list('}', member);
    else if (first === '[') list(']', value);
    else if (first === '"') match(TEXT, 'a text that is closed by a double quote');
    else match(OTHER, 'a value: a number, a text in double quotes, true, false, null, { or [');
  };
  try {
    value();
    if (next() !== undefined) fail('nothing more');
    return undefined;
  } catch (problem) {
    if (problem instanceof Error) throw problem;
    return problem;
  }
}

/** A place of a text in words. */
export function placeOf(text, at) {
  const lines = text.slice(0, at).split('\n');
  return `Line ${lines.length}, column ${lines.at(-1).length + 1}`;
}
