import { describe, expect, it } from 'vitest';
import { Cancellation } from '../cancellation.ts';
import { type Origin, type Slot, Slots } from './slots.ts';

const signal = new Cancellation();

/** Waits, and notes who is served when. */
function waiter(slots: Slots, served: string[]): (name: string, origin: Origin) => Promise<Slot> {
  return async (name, origin) => {
    const place = await slots.wait(origin, signal);
    served.push(name);
    return place;
  };
}

function take(slots: Slots, origin: Origin): Slot {
  const place = slots.tryTake(origin);
  if (!place) throw new Error('No place is free');
  return place;
}

describe('places', () => {
  it('are given in turn, whether files are here or arrive', async () => {
    const slots = new Slots(1, 10_000);
    const first = take(slots, 'here');
    const served: string[] = [];
    const wait = waiter(slots, served);
    const all: Promise<Slot>[] = [];
    for (const [name, origin] of [
      ['a', 'arriving'],
      ['b', 'here'],
      ['c', 'here'],
      ['d', 'arriving'],
      ['e', 'here'],
    ] as const) {
      all.push(wait(name, origin));
      // The clock goes on between them.
      await expect.poll(() => slots.oldestWaitMs()).toBeGreaterThan(0);
    }
    first.release();
    for (const each of all) (await each).release();
    expect(served).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect([slots.active(), slots.waiting(), slots.oldestWaitMs()]).toEqual([0, 0, 0]);
  });

  it('are given past files that arrive while half of the places are taken by such files, and then to those', async () => {
    const slots = new Slots(2, 10_000);
    const arriving = take(slots, 'arriving');
    const here = take(slots, 'here');
    const served: string[] = [];
    const wait = waiter(slots, served);
    const [later, next] = [wait('arriving', 'arriving'), wait('here', 'here')];
    here.release();
    (await next).release();
    // One that comes later may have what the arriving one may not.
    take(slots, 'here').release();
    expect(served).toEqual(['here']);
    arriving.release();
    (await later).release();
    expect([served, slots.active()]).toEqual([['here', 'arriving'], 0]);
  });

  it('go on when who waits for them leaves, or has waited too long', async () => {
    const slots = new Slots(1, 50);
    const first = take(slots, 'here');
    const leaving = new Cancellation();
    const gone = slots.wait('here', leaving);
    const late = slots.wait('arriving', signal);
    leaving.abort('gone');
    await expect(gone).rejects.toBe('gone');
    await expect(late).rejects.toMatchObject({ code: 'TOO_MANY_UPLOADS', retryAfter: 1 });
    const next = slots.wait('here', signal);
    first.release();
    // Once only.
    first.release();
    (await next).release();
    expect([slots.active(), slots.waiting()]).toEqual([0, 0]);
  });

  it('are taken back from as many slow clients as others wait, once each, and are theirs until they give them', async () => {
    const slots = new Slots(6, 10_000);
    const asked: number[] = [];
    const slow = [0, 1, 2].map((index) => {
      const place = take(slots, 'arriving');
      place.onNeeded(() => asked.push(index) > 0);
      return place;
    });
    const here = [0, 1, 2].map(() => take(slots, 'here'));
    expect(slots.tryTake('here')).toBeUndefined();
    expect(asked).toEqual([0]);
    const waiting = [slots.wait('here', signal), slots.wait('here', signal)];
    await expect.poll(() => asked, { timeout: 10_000 }).toEqual([0, 1]);
    expect([slots.active(), slots.waiting()]).toEqual([6, 2]);
    slow[0]?.release();
    slow[1]?.release();
    for (const place of await Promise.all(waiting)) place.release();
    for (const place of [...here, ...slow]) place.release();
    expect([asked, slots.active()]).toEqual([[0, 1], 0]);
  });

  it('cost no more to give where thousands wait that may not have them', () => {
    const least = (waiting: number): number => {
      const slots = new Slots(2, 10_000);
      const ending = new Cancellation();
      take(slots, 'arriving');
      for (let i = 0; i < waiting; i++) slots.wait('arriving', ending).catch(() => undefined);
      const costs = Array.from({ length: 7 }, () => {
        const start = performance.now();
        for (let i = 0; i < 20_000; i++) take(slots, 'here').release();
        return performance.now() - start;
      });
      ending.abort(new Error('The end'));
      return Math.min(...costs);
    };
    // To look at each of them would take thousands of times as long.
    expect(least(10_000) / least(1)).toBeLessThan(20);
  });
});
