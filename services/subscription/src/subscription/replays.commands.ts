import { randomUUID } from 'node:crypto';
import { Clock } from '@crossroads/configuration';
import type { Replay, ReplayLane } from '@crossroads/contracts/subscription/v1/subscription_service';
import { Database, type Tx } from '@crossroads/database';
import { Commands, PostgresEventStore, type RequestKey, Streams } from '@crossroads/eventsourcing';
import { type Caller, InvalidInput } from '@crossroads/grpc';
import { PolicyFollower } from '@crossroads/policy';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import type { ReplayDeliveriesInput } from './replay-deliveries.pipe.js';
import { unknownSubscription } from './subscription.commands.js';
import { subscriptionStreams } from './subscription.decider.js';
import { SubscriptionRepository } from './subscription.repository.js';

interface LaneRow {
  readonly lane: number;
  readonly last: bigint;
  readonly first: bigint;
}

interface Range {
  readonly lane: number;
  readonly asked: bigint;
  readonly from: bigint;
  readonly to: bigint;
}

const requested = z.object({ replayId: z.string() });
const RETRY = { attempts: 3, jitterMs: 0 };

/** Begins replays of deliveries, and shows them. */
@Injectable()
export class Replays {
  private readonly streams;

  constructor(
    private readonly db: Database,
    private readonly commands: Commands,
    private readonly store: PostgresEventStore,
    private readonly subscriptions: SubscriptionRepository,
    private readonly policy: PolicyFollower,
    private readonly clock: Clock,
  ) {
    this.streams = new Streams(store, subscriptionStreams);
  }

  /** @returns the id of the replay: the same for each repetition of the request */
  async begin(
    caller: Caller,
    { subscriptionId, from }: Pick<ReplayDeliveriesInput, 'subscriptionId' | 'from'>,
    request: RequestKey,
  ): Promise<string> {
    const { replayId } = await this.commands.execute({
      request,
      answerCodec: requested,
      retry: RETRY,
      decidesInTransaction: true,
      decide: async ({ tx }) => {
        if (!tx) throw new TypeError('a replay is decided in the transaction that locks the subscription');
        const row = await this.subscriptions.findForUpdate(tx, subscriptionId);
        if (!row || !this.policy.mayActFor(caller, row.institution)) throw unknownSubscription();
        const lanes = await this.lanes(tx, subscriptionId);
        const ranges =
          from.$case === 'sequences'
            ? rangesOf(lanes, from.value)
            : await this.since(tx, subscriptionId, lanes, from.value);
        const replayId = randomUUID();
        const stream = await this.streams.load(subscriptionId, this.store.inTransaction(tx));
        const events = this.streams.decide(
          {
            type: 'ReplayDeliveries',
            replayId,
            lanes: ranges.map(({ lane, from, to }) => ({ lane, from: String(from), to: String(to) })),
          },
          stream,
        );
        return {
          appends: [await this.streams.append(stream, events)],
          answer: { replayId },
          writeRows: () => this.insert(tx, subscriptionId, replayId, ranges),
        };
      },
    });
    return replayId;
  }

  /** The last ten of a subscription, the newest first. */
  async of(subscriptionId: string): Promise<Replay[]> {
    return replaysOf(await this.db.query<ReplayRow>(REPLAYS_OF_SUBSCRIPTION, [subscriptionId]));
  }

  /** As it was begun, however far it is: a repeated request gets the first answer. */
  async begun(replayId: string): Promise<Replay | undefined> {
    const [replay] = replaysOf(await this.db.query<ReplayRow>(REPLAY, [replayId]));
    return (
      replay && {
        ...replay,
        lanes: replay.lanes.map((lane) => ({ ...lane, nextSequence: lane.fromSequence, delivered: 0n, withheld: 0n })),
      }
    );
  }

  private lanes(tx: Tx, subscriptionId: string): Promise<LaneRow[]> {
    return tx.query<LaneRow>(
      `select lane, last_sequence as last, pruned_sequence + 1 as first from subscription_lanes
       where subscription_id = $1 order by lane`,
      [subscriptionId],
    );
  }

  private async since(tx: Tx, subscriptionId: string, lanes: readonly LaneRow[], time: Date): Promise<Range[]> {
    const found = await tx.query<{ readonly lane: number; readonly sequence: bigint }>(
      `select lane, min(sequence) as sequence from deliveries
       where subscription_id = $1 and created_at >= $2 group by lane`,
      [subscriptionId, time],
    );
    const from = new Map(found.map(({ lane, sequence }) => [lane, sequence]));
    return lanes.map(({ lane, first, last }) => {
      const next = from.get(lane) ?? last + 1n;
      // When all that are left are younger, those that are deleted may have been as well.
      return { lane, asked: next === first && first > 1n ? first - 1n : next, from: next, to: last };
    });
  }

  private async insert(tx: Tx, subscriptionId: string, replayId: string, ranges: readonly Range[]): Promise<void> {
    await tx.query('insert into replays (replay_id, subscription_id, requested_at) values ($1, $2, $3)', [
      replayId,
      subscriptionId,
      this.clock.now(),
    ]);
    await tx.query(
      `insert into replay_lanes (replay_id, lane, asked_sequence, from_sequence, next_sequence, to_sequence)
       select $1, lane, asked, start, start, up_to
       from unnest($2::smallint[], $3::bigint[], $4::bigint[], $5::bigint[]) as n (lane, asked, start, up_to)`,
      [
        replayId,
        ranges.map(({ lane }) => lane),
        ranges.map(({ asked }) => asked),
        ranges.map(({ from }) => from),
        ranges.map(({ to }) => to),
      ],
    );
  }
}

/** @throws InvalidInput naming a lane that does not exist, or a number that nothing has yet */
const rangesOf = (
  lanes: readonly LaneRow[],
  asked: readonly { readonly lane: number; readonly sequence: bigint }[],
): Range[] => {
  const violations: { field: string; reason: string; description: string }[] = [];
  const ranges: Range[] = [];
  for (const [index, { lane, sequence }] of asked.entries()) {
    const known = lanes.find((one) => one.lane === lane);
    if (!known)
      violations.push({
        field: `sequences.lanes[${index}].lane`,
        reason: 'UNKNOWN_LANE',
        description: `the subscription has the lanes 0 to ${lanes.length - 1}`,
      });
    else if (sequence > known.last + 1n)
      violations.push({
        field: `sequences.lanes[${index}].sequence`,
        reason: 'BEYOND_LAST',
        description: `the last number of this lane is ${known.last}`,
      });
    else ranges.push({ lane, asked: sequence, from: sequence < known.first ? known.first : sequence, to: known.last });
  }
  const [first, ...others] = violations;
  if (first) throw new InvalidInput(first, ...others);
  return ranges;
};

interface ReplayRow {
  readonly replayId: string;
  readonly requestTime: Date;
  readonly lane: number;
  readonly fromSequence: bigint;
  readonly toSequence: bigint;
  readonly nextSequence: bigint;
  readonly resync: boolean;
  readonly delivered: bigint;
  readonly withheld: bigint;
}

const replaysOf = (rows: readonly ReplayRow[]): Replay[] => {
  const replays = new Map<string, Replay & { readonly lanes: ReplayLane[] }>();
  for (const { replayId, requestTime, ...lane } of rows) {
    const replay = replays.get(replayId) ?? { replayId, requestTime, lanes: [] };
    replay.lanes.push(lane);
    replays.set(replayId, replay);
  }
  return [...replays.values()];
};

const selectFrom = (replays: string) => `select r.replay_id as "replayId", r.requested_at as "requestTime", p.lane,
    p.from_sequence as "fromSequence", p.to_sequence as "toSequence", p.next_sequence as "nextSequence",
    p.asked_sequence < p.from_sequence as resync, p.delivered, p.withheld
  from ${replays} r join replay_lanes p using (replay_id) order by r.requested_at desc, r.replay_id, p.lane`;

const REPLAYS_OF_SUBSCRIPTION = selectFrom(
  '(select * from replays where subscription_id = $1 order by requested_at desc, replay_id limit 10)',
);

const REPLAY = selectFrom('(select * from replays where replay_id = $1)');
