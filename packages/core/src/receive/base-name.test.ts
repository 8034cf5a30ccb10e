import { expect, it } from 'vitest';
import { displayName } from './base-name.ts';

it.each([
  ['cat.png', 'cat.png'],
  ['C:\\photos\\cat.png', 'cat.png'],
  ['../../etc/passwd', 'passwd'],
  ['ca\u0000t\r\n.png', 'cat.png'],
  ['..', ''],
  ['.\u0000.', ''],
  ['photos/..\u0085', ''],
  ['.\n', ''],
  ['\ud800cat\udc00.png', 'cat.png'],
  ['.\ud83d.', ''],
  ['\u{1f408}.png', '\u{1f408}.png'],
])('calls %j %j', (path, name) => {
  expect(displayName(path)).toBe(name);
});
