import { setTimeout as delay } from 'node:timers/promises';
import { Clock } from '@crossroads/configuration';
import { Delivery } from '@crossroads/contracts/delivery/v1/delivery';
import type { StreamDeliveriesResponse } from '@crossroads/contracts/subscription/v1/subscription_service';
import { type Call, type Caller, FailedPrecondition, InvalidInput, PermissionDenied } from '@crossroads/grpc';
import { PolicyFollower } from '@crossroads/policy';
import { DELIVERIES } from '@crossroads/topology';
import { Injectable } from '@nestjs/common';
import { DeliveryEvents } from '../delivery/delivery-events.js';
import { unknownSubscription } from '../subscription/subscription.commands.js';
import { type SentLane, SentDeliveries } from './sent-deliveries.js';
import type { StreamDeliveriesInput } from './stream-deliveries.pipe.js';

/** How often a stream that has sent everything looks for more. */
const POLL_MS = 200;
const HEARTBEAT_MS = 10_000;
const TOPIC_RETENTION_MS = DELIVERIES.retentionDays * 86_400_000;

/** The last number that a stream has sent of each lane. */
type Places = Map<number, bigint>;

/**
 * What is on a subscriber's topic, for a reader without Kafka. Only what the relay has sent: a number that may still be withheld is in no
 * stream, and whoever reads both sees the same. Bodies are opened when the stream comes to them, so that a person who was erased since
 * is not delivered.
 */
@Injectable()
export class DeliveryStream {
  constructor(
    private readonly sent: SentDeliveries,
    private readonly events: DeliveryEvents,
    private readonly policy: PolicyFollower,
    private readonly clock: Clock,
  ) {}

  /**
   * The next delivery is read when the reader has taken those before it.
   * @throws PermissionDenied; NotFound; FailedPrecondition `DELIVERIES_GONE`; InvalidInput naming a lane or number that does not exist
   */
  async *open(
    { subscriptionId, from }: StreamDeliveriesInput,
    { caller, rpc, signal }: Pick<Call, 'caller' | 'rpc' | 'signal'>,
  ): AsyncGenerator<StreamDeliveriesResponse> {
    await this.requireSubscriber(caller, subscriptionId);
    const places = await this.begin(subscriptionId, from);
    let heardAt = performance.now();
    while (!signal.aborted) {
      const lanes = await this.sent.lanesOf(subscriptionId);
      let isNew = false;
      for (const lane of lanes)
        for await (const delivery of this.pageOf(subscriptionId, lane, places)) {
          // As the broker does for a reader of the topic; a key, or its right, can be withdrawn meanwhile.
          this.policy.requireAllowed({ caller, rpc });
          yield { item: { $case: 'delivery', value: delivery } };
          places.set(lane.lane, delivery.sequence);
          [isNew, heardAt] = [true, performance.now()];
        }
      if (isNew) continue;
      this.policy.requireAllowed({ caller, rpc });
      if (lanes.every((lane) => lane.closed && placeIn(places, lane) === lane.lastSequence)) return;
      if (performance.now() - heardAt >= HEARTBEAT_MS) {
        yield { item: { $case: 'heartbeat', value: { time: this.clock.now(), lanes: sequencesOf(places) } } };
        heardAt = performance.now();
      }
      await delay(POLL_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  private async *pageOf(subscriptionId: string, lane: SentLane, places: Places): AsyncGenerator<Delivery> {
    const after = placeIn(places, lane);
    if (after >= lane.sentSequence) return;
    const page = await this.sent.page(subscriptionId, lane.lane, after, lane.sentSequence);
    const first = page[0]?.sequence ?? lane.sentSequence + 1n;
    // Deleted while the reader rested.
    if (first !== after + 1n) throw deliveriesGone(lane.lane, first);
    for (const stored of page) yield Delivery.decode(await this.events.bytesOf(stored));
  }

  private async requireSubscriber(caller: Caller, subscriptionId: string): Promise<void> {
    const subscriber = await this.sent.subscriberOf(subscriptionId);
    if (subscriber === undefined || !this.policy.mayActFor(caller, subscriber)) throw unknownSubscription();
    if (caller.kind !== 'institution' || caller.enterpriseNumber !== subscriber)
      throw new PermissionDenied(
        'DELIVERIES_OF_SUBSCRIBER',
        'deliveries are read with the certificate of an application of the subscriber itself, as on its topic',
      );
  }

  /** What is older than the topic keeps is delivered again only by a replay, which is decided by the authorization of today. */
  private async begin(subscriptionId: string, from: StreamDeliveriesInput['from']): Promise<Places> {
    const lanes = await this.sent.lanesOf(subscriptionId);
    const kept = new Date(this.clock.now().getTime() - TOPIC_RETENTION_MS);
    const time = from.$case === 'time' && from.value > kept ? from.value : kept;
    const first = await this.sent.firstSince(subscriptionId, time);
    const places: Places = new Map(lanes.map(({ lane }) => [lane, (first.get(lane) ?? 1n) - 1n]));
    if (from.$case === 'time') return places;
    requireKnown(lanes, from.value);
    for (const { lane, sequence } of from.value) {
      const gone = places.get(lane) ?? 0n;
      if (sequence < gone) throw deliveriesGone(lane, gone + 1n);
      places.set(lane, sequence);
    }
    return places;
  }
}

type Asked = readonly { readonly lane: number; readonly sequence: bigint }[];

const requireKnown = (lanes: readonly SentLane[], asked: Asked): void => {
  const violations = asked.flatMap(({ lane, sequence }, index) => {
    const known = lanes.find((one) => one.lane === lane);
    const at = `after.lanes[${index}]`;
    if (!known)
      return [
        {
          field: `${at}.lane`,
          reason: 'UNKNOWN_LANE',
          description: `the subscription has the lanes 0 to ${lanes.length - 1}`,
        },
      ];
    return sequence > known.lastSequence
      ? [
          {
            field: `${at}.sequence`,
            reason: 'BEYOND_LAST',
            description: `the last number of this lane is ${known.lastSequence}`,
          },
        ]
      : [];
  });
  const [first, ...others] = violations;
  if (first) throw new InvalidInput(first, ...others);
};

const deliveriesGone = (lane: number, first: bigint) =>
  new FailedPrecondition(
    'DELIVERIES_GONE',
    'older deliveries are no longer kept: ask for them with ReplayDeliveries, and stream behind the number before the first',
    { metadata: { lane: String(lane), firstSequence: String(first) } },
  );

const placeIn = (places: Places, { lane }: SentLane): bigint => places.get(lane) ?? 0n;

const sequencesOf = (places: Places) => [...places].map(([lane, sequence]) => ({ lane, sequence }));
