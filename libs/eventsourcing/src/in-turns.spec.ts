import { describe, expect, it } from '@jest/globals';
import { coalesced } from './coalesced.js';
import { coalescingAppender } from './coalescing-appender.js';

const numbers = Array.from({ length: 60 }, (_, n) => n);

/** Where, in the order of things, the last of sixty was answered, and what followed from the first happened. */
const orderOf = async (ask: (n: number) => Promise<unknown>): Promise<readonly string[]> => {
  const order: string[] = [];
  let followed: Promise<void> | undefined;
  const asked = numbers.map(async (n) => {
    await ask(n);
    order.push(`answered ${n}`);
    if (n > 0) return;
    // As a call that goes out over a connection: with the end of this turn.
    followed = new Promise((resolve) => {
      setImmediate(() => {
        order.push('followed');
        resolve();
      });
    });
  });
  await Promise.all(asked);
  await followed;
  return order;
};

describe('answers that came together', () => {
  it.each([
    ['a coalesced question', coalesced(async (batch: readonly number[]) => batch)],
    [
      'a coalesced append',
      (
        (appender) => (n: number) =>
          appender.append([{ streamId: `${n}`, streamType: 's', expectedRevision: 0n, events: [] }])
      )(coalescingAppender({ appendAll: async () => undefined })),
    ],
  ])('are handed out a few a turn, in order: %s', async (_, ask) => {
    const order = await orderOf(ask);
    expect(order.filter((one) => one !== 'followed')).toEqual(numbers.map((n) => `answered ${n}`));
    expect(order.indexOf('followed')).toBeLessThan(order.indexOf('answered 59'));
  });
});
