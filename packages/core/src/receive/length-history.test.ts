import { expect, it } from 'vitest';
import { LengthHistory } from './length-history.ts';

/** What is expected after these outcomes of one file. */
const after = (...outcomes: boolean[]): string => {
  const history = new LengthHistory();
  for (const wasRight of outcomes) history.learn(1, 'avatar', wasRight);
  return history.likelihood(1, 'avatar');
};

it('takes a length for likely that it knows nothing of', () => {
  expect(after()).toBe('likely');
});

it('is sure after four right ones in a row, and not before', () => {
  expect(after(true, true, true)).toBe('likely');
  expect(after(true, true, true, true)).toBe('very likely');
});

it('is no longer sure after one wrong one, and needs four right ones again', () => {
  expect(after(true, true, true, true, false)).toBe('likely');
  expect(after(true, true, true, true, false, true, true, true)).toBe('likely');
});

it('expects the next one to be wrong after one, where none was right before, and after two otherwise', () => {
  expect(after(false)).toBe('unlikely');
  expect(after(true, true, true, true, false, false)).toBe('unlikely');
});

it('changes its mind after two right ones, however many were wrong before', () => {
  const wrong = Array.from({ length: 100 }, () => false);
  expect(after(...wrong, true)).toBe('unlikely');
  expect(after(...wrong, true, true)).toBe('likely');
});

it('tells places and fields apart', () => {
  const history = new LengthHistory();
  history.learn(1, 'avatar', false);
  expect(history.likelihood(2, 'avatar')).toBe('likely');
  expect(history.likelihood(1, 'photo')).toBe('likely');
});

it.each(['upload', 'files[]', 'attachment', 'logo', 'imgs', 'image[]'])(
  'tells all places of the field `%s` apart',
  (field) => {
    const history = new LengthHistory();
    for (let nth = 1; nth <= 100; nth += 1) history.learn(nth, field, false);
    for (let nth = 1; nth <= 100; nth += 1) {
      history.learn(nth, field, true);
      history.learn(nth, field, true);
      expect(history.likelihood(nth, field)).toBe('likely');
      expect(history.likelihood(nth + 1, field)).toBe(nth < 100 ? 'unlikely' : 'likely');
    }
  },
);

it('has an expectation of every field, whatever clients call theirs', () => {
  const history = new LengthHistory();
  for (let nth = 0; nth < 1000; nth += 1) history.learn(nth, `field ${nth} \u{1f600}`, nth % 2 === 0);
  for (let nth = 0; nth < 1000; nth += 1)
    expect(['unlikely', 'likely', 'very likely']).toContain(history.likelihood(nth, `\ud800${nth}`));
});
