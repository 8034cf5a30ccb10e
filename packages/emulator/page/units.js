/** Bytes as people read them. */
export function humanSize(bytes) {
  const [divisor, unit] = bytes < 1000 ? [1, 'B'] : bytes < 1e6 ? [1e3, 'kB'] : [1e6, 'MB'];
  return `${round(bytes / divisor, divisor > 1)} ${unit}`;
}

/** How long it took from one moment to another, or that it is not over. */
export function humanDuration(start, end) {
  if (!end) return 'open';
  const ms = new Date(end) - new Date(start);
  return ms < 1000 ? `${ms} ms` : `${round(ms / 1000, true)} s`;
}

const round = (value, hasFraction) =>
  value.toLocaleString('en', { maximumFractionDigits: hasFraction && value < 10 ? 1 : 0 });
