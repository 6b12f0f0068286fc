import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { changesOf, type Member } from './share.rules.js';

const PARTITIONS = Array.from({ length: 16 }, (_, index) => index);
const member = (holder: string, ...refused: number[]): Member => ({ holder, refused });

/** Members that look in turn, until nobody changes anything. */
class Sharing {
  readonly holders = new Map<number, string>();
  rounds = 0;

  constructor(
    private readonly partitions: readonly number[],
    private readonly members: readonly Member[],
  ) {}

  /** @returns whether somebody changed something */
  look(me: Member): boolean {
    const { partitions, holders } = this;
    const others = this.members.filter(({ holder }) => holder !== me.holder);
    const { take, give } = changesOf({ partitions, me, others, holders });
    for (const partition of give) holders.delete(partition);
    for (const partition of take) holders.set(partition, me.holder);
    return take.length + give.length > 0;
  }

  settle(limit = 100): this {
    for (let changed = true; changed; this.rounds++) {
      if (this.rounds > limit) throw new Error('it does not come to rest');
      changed = this.members.map((one) => this.look(one)).some(Boolean);
    }
    return this;
  }

  countOf(holder: string): number {
    return [...this.holders.values()].filter((one) => one === holder).length;
  }
}

describe('sharing partitions', () => {
  it('gives all to the only member', () => {
    const { take, give } = changesOf({ partitions: PARTITIONS, me: member('a'), others: [], holders: new Map() });
    expect({ take, give }).toEqual({ take: PARTITIONS, give: [] });
  });

  it('gives back half when a second member comes', () => {
    const holders = new Map(PARTITIONS.map((one) => [one, 'a']));
    const { give } = changesOf({ partitions: PARTITIONS, me: member('a'), others: [member('b')], holders });
    expect(give).toHaveLength(8);
  });

  it('takes nothing that another member holds, and no more than its part', () => {
    const holders = new Map([0, 1, 2, 3, 4, 5].map((one) => [one, 'a']));
    const { take } = changesOf({ partitions: PARTITIONS, me: member('b'), others: [member('a')], holders });
    expect(take).toEqual([6, 7, 8, 9, 10, 11, 12, 13]);
  });

  it('gives back what a member refuses, to one that may have its part already', () => {
    const holders = new Map(PARTITIONS.map((one) => [one, one < 8 ? 'a' : 'b']));
    const [a, b] = [member('a', 3), member('b')];
    expect(changesOf({ partitions: PARTITIONS, me: a, others: [b], holders })).toEqual({ take: [], give: [3] });
    holders.delete(3);
    expect(changesOf({ partitions: PARTITIONS, me: b, others: [a], holders }).take).toEqual([3]);
  });

  it('leaves free what everybody refuses', () => {
    const members = [member('a', 3), member('b', 3)];
    const { holders } = new Sharing(PARTITIONS, members).settle();
    expect([...holders.keys()]).not.toContain(3);
    expect(holders.size).toBe(15);
  });

  const members = fc.uniqueArray(
    fc.record({ holder: fc.string({ minLength: 1, maxLength: 3 }), refused: fc.subarray(PARTITIONS) }),
    { minLength: 1, maxLength: 6, selector: ({ holder }) => holder },
  );
  const before = fc.array(fc.nat(), { minLength: 16, maxLength: 16 });

  it('comes to rest with everything held that anybody accepts, in equal parts, wherever it starts', () => {
    fc.assert(
      fc.property(members, before, fc.integer({ min: 1, max: 16 }), (all, owners, count) => {
        const partitions = PARTITIONS.slice(0, count);
        const sharing = new Sharing(partitions, all);
        for (const partition of partitions) {
          const owner = all[(owners[partition] ?? 0) % (all.length + 1)];
          if (owner) sharing.holders.set(partition, owner.holder);
        }
        sharing.settle();
        const part = Math.ceil(count / all.length);
        for (const partition of partitions) {
          const willing = all.filter(({ refused }) => !refused.includes(partition));
          const holder = sharing.holders.get(partition);
          expect(willing.some((one) => one.holder === holder)).toBe(willing.length > 0);
          if (holder === undefined || sharing.countOf(holder) <= part) continue;
          // More than its part: of what nobody with room accepts.
          expect(willing.every((one) => one.holder === holder || sharing.countOf(one.holder) >= part)).toBe(true);
        }
      }),
    );
  });
});
