/** Whether two faults do the same to the same requests. What the emulator reports of one besides is left out. */
export function isSame(one, other) {
  return canonical(one) === canonical(other);
}

/** Whether a fault has struck as often as it can. */
export const isSpent = ({ hits, times = 1 }) => times !== null && hits >= times;

function canonical(reported) {
  const { id: _, seen: __, hits: ___, ...fault } = Object(reported);
  return JSON.stringify({ nth: 1, times: 1, ...fault }, (_name, value) =>
    value && typeof value === 'object' && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort())
      : value,
  );
}
