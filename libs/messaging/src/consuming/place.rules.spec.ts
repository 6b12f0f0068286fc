import type { Place } from '@crossroads/eventsourcing';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { judge, type Link } from './place.rules.js';

const at = (position: number, course = 'a'): Place => ({
  position: BigInt(position),
  hash: position === 0 ? `seed of ${course}` : `${course}${position}`,
});
const message = (position: number, previous: Place, course = 'a'): Link => ({ ...at(position, course), previous });

describe('a message at a place', () => {
  it.each([
    ['the next one', at(4), message(5, at(4)), 'take'],
    ['the first one', at(0), message(1, at(0)), 'take'],
    ['the first one, after events that are not published', at(0), message(9, at(0)), 'take'],
    ['the next one behind a watermark', at(7), message(9, at(4)), 'take'],
    ['a bundle that was taken in part', at(7), message(9, at(4)), 'take'],
    ['one from before', at(5), message(4, at(3)), 'repetition'],
    ['the last one again', at(5), message(5, at(4)), 'repetition'],
    ['one behind missing ones', at(5), message(9, at(7)), 'gap'],
    ['another one at the same place', at(5), message(5, at(4), 'b'), 'fork'],
    ['one that follows another one at the same place', at(5), message(6, at(5, 'b'), 'b'), 'fork'],
  ] as const)('%s', (_what, place, received, verdict) => {
    expect(judge(place, received)).toBe(verdict);
  });

  /** Messages of a log of which only some events are published. */
  const published = fc
    .uniqueArray(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 40 })
    .map((positions) => {
      const sorted = positions.toSorted((a, b) => a - b);
      return sorted.map((position, index) => message(position, at(sorted[index - 1] ?? 0)));
    });

  it('is taken once and in order, however messages are lost, repeated and swapped, when gaps are filled', () => {
    fc.assert(
      fc.property(published, fc.array(fc.nat(), { maxLength: 200 }), fc.nat(5), (messages, order, beyond) => {
        const taken: bigint[] = [];
        let place: Place = at(0);
        const take = (one: Link) => {
          taken.push(one.position);
          place = one;
        };
        const head = Number(messages.at(-1)?.position ?? 0n) + beyond;
        for (const index of [...order, messages.length - 1]) {
          const one = messages[index % messages.length];
          if (!one) continue;
          const verdict = judge(place, one);
          if (verdict === 'take') take(one);
          if (verdict !== 'gap') continue;
          for (const missing of messages.filter(({ position }) => position > place.position)) take(missing);
          place = at(head);
        }
        expect(taken).toEqual(messages.map(({ position }) => position));
      }),
    );
  });

  it('of another course of the log is never taken as the next one, nor as a repetition of the last one', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), fc.nat(60), fc.nat(60), (reached, common, ahead) => {
        fc.pre(common < reached);
        // The log went back to `common` and grew again; the reader is beyond it.
        const previous = common + (ahead % (reached - common + 2));
        const one = message(previous + 1, previous <= common ? at(previous) : at(previous, 'b'), 'b');
        const verdict = judge(at(reached), one);
        if (one.position === BigInt(reached) || one.previous.position === BigInt(reached)) expect(verdict).toBe('fork');
        else expect(verdict).not.toBe('take');
      }),
    );
  });
});
