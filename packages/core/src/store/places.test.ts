import { describe, expect, it } from 'vitest';
import { Cancellation } from '../base/cancellation.ts';
import { type Origin, type Place, Places } from './places.ts';

const signal = new Cancellation();

/** Waits, and notes who is served when. */
function waiter(places: Places, served: string[]): (name: string, origin: Origin) => Promise<Place> {
  return async (name, origin) => {
    const place = await places.wait(origin, signal);
    served.push(name);
    return place;
  };
}

function take(places: Places, origin: Origin): Place {
  const place = places.tryTake(origin);
  if (!place) throw new Error('No place is free');
  return place;
}

describe('places', () => {
  it('are given in turn, whether files are here or arrive', async () => {
    const places = new Places(1, 10_000);
    const first = take(places, 'here');
    const served: string[] = [];
    const wait = waiter(places, served);
    const all: Promise<Place>[] = [];
    for (const [name, origin] of [
      ['a', 'arriving'],
      ['b', 'here'],
      ['c', 'here'],
      ['d', 'arriving'],
      ['e', 'here'],
    ] as const) {
      all.push(wait(name, origin));
      // The clock goes on between them.
      await expect.poll(() => places.oldestWaitMs()).toBeGreaterThan(0);
    }
    first.release();
    for (const each of all) (await each).release();
    expect(served).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect([places.active(), places.waiting(), places.oldestWaitMs()]).toEqual([0, 0, 0]);
  });

  it('are given past files that arrive while half of the places are taken by such files, and then to those', async () => {
    const places = new Places(2, 10_000);
    const arriving = take(places, 'arriving');
    const here = take(places, 'here');
    const served: string[] = [];
    const wait = waiter(places, served);
    const [later, next] = [wait('arriving', 'arriving'), wait('here', 'here')];
    here.release();
    (await next).release();
    // One that comes later may have what the arriving one may not.
    take(places, 'here').release();
    expect(served).toEqual(['here']);
    arriving.release();
    (await later).release();
    expect([served, places.active()]).toEqual([['here', 'arriving'], 0]);
  });

  it('go on when who waits for them leaves, or has waited too long', async () => {
    const places = new Places(1, 50);
    const first = take(places, 'here');
    const leaving = new Cancellation();
    const gone = places.wait('here', leaving);
    const late = places.wait('arriving', signal);
    leaving.abort('gone');
    await expect(gone).rejects.toBe('gone');
    await expect(late).rejects.toMatchObject({ code: 'TOO_MANY_UPLOADS', retryAfter: 1 });
    const next = places.wait('here', signal);
    first.release();
    // Once only.
    first.release();
    (await next).release();
    expect([places.active(), places.waiting()]).toEqual([0, 0]);
  });

  it('are taken back from as many slow clients as others wait, once each, and are theirs until they give them', async () => {
    const places = new Places(6, 10_000);
    const asked: number[] = [];
    const slow = [0, 1, 2].map((index) => {
      const place = take(places, 'arriving');
      place.onNeeded(() => asked.push(index) > 0);
      return place;
    });
    const here = [0, 1, 2].map(() => take(places, 'here'));
    expect(places.tryTake('here')).toBeUndefined();
    expect(asked).toEqual([0]);
    const waiting = [places.wait('here', signal), places.wait('here', signal)];
    await expect.poll(() => asked, { timeout: 10_000 }).toEqual([0, 1]);
    expect([places.active(), places.waiting()]).toEqual([6, 2]);
    slow[0]?.release();
    slow[1]?.release();
    for (const place of await Promise.all(waiting)) place.release();
    for (const place of [...here, ...slow]) place.release();
    expect([asked, places.active()]).toEqual([[0, 1], 0]);
  });

  it('cost no more to give where thousands wait that may not have them', () => {
    const least = (waiting: number): number => {
      const places = new Places(2, 10_000);
      const ending = new Cancellation();
      take(places, 'arriving');
      for (let i = 0; i < waiting; i++) places.wait('arriving', ending).catch(() => undefined);
      const costs = Array.from({ length: 7 }, () => {
        const start = performance.now();
        for (let i = 0; i < 20_000; i++) take(places, 'here').release();
        return performance.now() - start;
      });
      ending.abort(new Error('The end'));
      return Math.min(...costs);
    };
    // To look at each of them would take thousands of times as long.
    expect(least(10_000) / least(1)).toBeLessThan(20);
  });
});
