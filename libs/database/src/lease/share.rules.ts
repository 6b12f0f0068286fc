export interface Member {
  readonly holder: string;
  /** What this one cannot work on. */
  readonly refused: readonly number[];
}

export interface Sharing {
  readonly partitions: readonly number[];
  readonly me: Member;
  readonly others: readonly Member[];
  /** The holder of each partition that is not free. */
  readonly holders: ReadonlyMap<number, string>;
}

export interface Changes {
  readonly take: readonly number[];
  readonly give: readonly number[];
}

/**
 * What a member takes and gives back, from what all can see. Each wants an equal part, rounded up. It takes more only of what no other
 * member with room accepts, and gives back beyond its part only what another one with room accepts: so nothing goes around in circles,
 * and nothing stays free that anybody accepts.
 */
export const changesOf = ({ partitions, me, others, holders }: Sharing): Changes => {
  const part = Math.ceil(partitions.length / (others.length + 1));
  const held = partitions.filter((one) => holders.get(one) === me.holder);
  const room = new Map(
    others.map(({ holder }) => [holder, part - partitions.filter((one) => holders.get(one) === holder).length]),
  );
  const takerOf = (partition: number) =>
    others.find(({ holder, refused }) => (room.get(holder) ?? 0) > 0 && !refused.includes(partition))?.holder;

  const give = held.filter((one) => me.refused.includes(one));
  for (const partition of held) {
    if (held.length - give.length <= part) break;
    const taker = give.includes(partition) ? undefined : takerOf(partition);
    if (taker === undefined) continue;
    room.set(taker, (room.get(taker) ?? 0) - 1);
    give.push(partition);
  }

  const free = partitions.filter((one) => !holders.has(one) && !me.refused.includes(one));
  const mine = free.slice(0, Math.max(0, part - held.length));
  return { take: [...mine, ...free.slice(mine.length).filter((one) => takerOf(one) === undefined)], give };
};
