import { Delivery } from '@crossroads/contracts/delivery/v1/delivery';
import { Mutation } from '@crossroads/contracts/mutation/v1/mutation';
import { Database } from '@crossroads/database';
import { FORGOTTEN, SubjectSealer } from '@crossroads/privacy';
import { Injectable } from '@nestjs/common';
import type { DecidedDelivery, Numberable } from '../delivery/decided-delivery.js';
import { DeliveryNumbering } from '../delivery/delivery-numbering.js';
import { DeliveryPreparation } from '../delivery/delivery-preparation.js';
import { sealPlace } from '../delivery/delivery.message.js';
import { DeliveryDecider } from '../mutation/delivery-decider.js';
import { InscribedPersons } from '../mutation/inscribed-persons.js';
import { Snapshots } from '../snapshot/snapshots.js';
import { LiveSubscriptions } from '../subscription/live-subscriptions.js';
import type { IndexedSubscription } from '../subscription/subscription-index.js';

/** A replay in one lane that has not ended. */
export interface RunningReplay {
  readonly replayId: string;
  readonly subscriptionId: string;
  readonly lane: number;
  readonly askedSequence: bigint;
  readonly fromSequence: bigint;
  readonly toSequence: bigint;
  readonly nextSequence: bigint;
  readonly delivered: bigint;
  readonly withheld: bigint;
}

interface StoredDelivery {
  readonly sequence: bigint;
  readonly personId: string;
  readonly journalId: string;
  readonly body: string;
}

/** A delivery as it was sent, as the mutation that a new decision is about. */
interface Opened {
  readonly sequence: bigint;
  readonly mutation: Mutation;
  readonly isNotification: boolean;
}

const BATCH_SIZE = 250;
/** Deliveries of the lane that are not sent yet: a replay does not run ahead of the relay. */
const MAX_AHEAD = 2_000;
const MAX_REPLAYS = 50;

/** One batch of a replay: decided anew, numbered and recorded like any delivery, with the place of the replay in the same transaction. */
@Injectable()
export class ReplayStep {
  constructor(
    private readonly db: Database,
    private readonly subscriptions: LiveSubscriptions,
    private readonly persons: InscribedPersons,
    private readonly decider: DeliveryDecider,
    private readonly preparation: DeliveryPreparation,
    private readonly numbering: DeliveryNumbering,
    private readonly sealer: SubjectSealer,
    private readonly snapshots: Snapshots,
  ) {}

  running(): Promise<RunningReplay[]> {
    return this.db.query<RunningReplay>(RUNNING);
  }

  async run(replay: RunningReplay): Promise<void> {
    const index = await this.subscriptions.fresh();
    const subscription = index.get(replay.subscriptionId);
    // Closed since.
    if (!subscription) return;
    const stored = await this.db.query<StoredDelivery>(STORED, [
      replay.subscriptionId,
      replay.lane,
      replay.nextSequence,
      replay.toSequence,
    ]);
    const decided = await this.decide(replay, subscription, stored, index.namesPersons);
    const prepared = (await this.preparation.prepare(decided)).filter((one) => one !== undefined);
    const last = stored.at(-1);
    const isEnd = stored.length < BATCH_SIZE || last === undefined;
    const nextSequence = isEnd ? replay.toSequence + 1n : last.sequence + 1n;
    const delivered = BigInt(prepared.length);
    const withheld = BigInt(stored.length) - delivered;
    const isResync = replay.nextSequence === replay.fromSequence && replay.askedSequence < replay.fromSequence;
    await this.db.transaction(async (tx) => {
      const moved = await tx.execute(MOVE, [
        replay.replayId,
        replay.lane,
        replay.nextSequence,
        nextSequence,
        delivered,
        withheld,
        isEnd,
      ]);
      if (moved !== 1) throw new Error('another process has gone on with this replay');
      if (isResync) await this.snapshots.begin(tx, { ...subscription, snapshotId: replay.replayId });
      await this.numbering.append(tx, [
        ...(isResync ? [resyncOf(replay)] : []),
        ...prepared,
        ...(isEnd ? [endOf(replay, replay.delivered + delivered, replay.withheld + withheld)] : []),
      ]);
    });
  }

  private async decide(
    replay: RunningReplay,
    subscription: IndexedSubscription,
    stored: readonly StoredDelivery[],
    namesPersons: boolean,
  ): Promise<DecidedDelivery[]> {
    const opened = (await Promise.all(stored.map((one) => this.open(one)))).filter((one) => one !== undefined);
    const persons = await this.persons.find(
      opened.map(({ mutation }) => mutation.personId),
      namesPersons,
    );
    const decide = this.decider.forBatch();
    return opened.flatMap(({ sequence, mutation, isNotification }) => {
      const person = persons.get(mutation.personId);
      if (!person || !isConcerned(subscription, person)) return [];
      const { lane, replayId } = replay;
      const decided = decide(isNotification ? { ...subscription, content: 'notification' } : subscription, {
        ceSource: `replay ${replayId}`,
        ceId: `${lane} ${sequence}`,
        partition: lane,
        mutation,
      });
      return decided ? [{ ...decided, lane, replayOf: { replayId, sequence } }] : [];
    });
  }

  /** Nothing when its person was erased. */
  private async open({ sequence, personId, journalId, body }: StoredDelivery): Promise<Opened | undefined> {
    const bytes = await this.sealer.openBytesForSubject(personId, body, sealPlace(journalId));
    if (bytes === FORGOTTEN) return undefined;
    const { content } = Delivery.decode(bytes);
    if (content?.$case !== 'mutation' && content?.$case !== 'notification') return undefined;
    const { ssin, dataService, sourceRevision, changedFieldGroups, recordedTime, reasserted } = content.value;
    const mutation = Mutation.fromPartial({
      personId,
      ssin,
      dataService,
      sourceRevision,
      reasserted,
      changedFieldGroups: [...changedFieldGroups],
      ...(recordedTime ? { recordedTime } : {}),
    });
    if (content.$case === 'notification') return { sequence, mutation, isNotification: true };
    const { data, effectiveDate } = content.value;
    return { sequence, mutation: { ...mutation, data, effectiveDate }, isNotification: false };
  }
}

const isConcerned = (
  { subscriptionId, institution, inscriptionContext, allInscribed }: IndexedSubscription,
  { inscriptions, naming }: { readonly inscriptions: readonly Terms[]; readonly naming: ReadonlySet<string> },
): boolean =>
  (allInscribed || naming.has(subscriptionId)) &&
  inscriptions.some((one) => one.institution === institution && one.inscriptionContext === inscriptionContext);

type Terms = Pick<IndexedSubscription, 'institution' | 'inscriptionContext'>;

const marker = (
  { replayId, subscriptionId, lane }: RunningReplay,
  what: string,
  content: Delivery['content'],
): Numberable => ({
  subscriptionId,
  lane,
  ceSource: `replay ${replayId}`,
  ceId: `${lane} ${what}`,
  body: Buffer.from(Delivery.encode(Delivery.fromPartial({ content })).finish()).toString('base64'),
});

const resyncOf = (replay: RunningReplay): Numberable =>
  marker(replay, 'resync', {
    $case: 'resync',
    value: { replayId: replay.replayId, fromSequence: replay.askedSequence, firstSequence: replay.fromSequence },
  });

const endOf = (replay: RunningReplay, delivered: bigint, withheld: bigint): Numberable =>
  marker(replay, 'end', { $case: 'replayEnd', value: { replayId: replay.replayId, delivered, withheld } });

const RUNNING = {
  name: 'running-replays',
  text: `select p.replay_id as "replayId", r.subscription_id as "subscriptionId", p.lane,
      p.asked_sequence as "askedSequence", p.from_sequence as "fromSequence", p.to_sequence as "toSequence",
      p.next_sequence as "nextSequence", p.delivered, p.withheld
    from replay_lanes p join replays r using (replay_id)
    join subscription_lanes l on l.subscription_id = r.subscription_id and l.lane = p.lane
    where not p.ended and not l.closed and l.last_sequence - l.relayed_sequence < ${MAX_AHEAD}
    order by p.replay_id, p.lane limit ${MAX_REPLAYS}`,
};

/** Without what is about nobody, and what was itself a replay: its first delivery is in the range, or was not asked for. */
const STORED = {
  name: 'deliveries-to-replay',
  text: `select sequence, person_id as "personId", journal_id as "journalId", body from deliveries
    where subscription_id = $1 and lane = $2 and sequence >= $3 and sequence <= $4
      and person_id is not null and replay_id is null
    order by sequence limit ${BATCH_SIZE}`,
};

const MOVE = {
  name: 'move-replay',
  text: `update replay_lanes set next_sequence = $4, delivered = delivered + $5, withheld = withheld + $6, ended = $7
    where replay_id = $1 and lane = $2 and next_sequence = $3 and not ended`,
};
