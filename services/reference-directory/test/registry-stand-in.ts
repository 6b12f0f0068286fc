import { randomBytes, randomUUID } from 'node:crypto';
import {
  CheckedPlace_Standing as Standing,
  type CheckRequest,
  type CheckResponse,
  EventsServiceService,
  type Place,
  type ReadRequest,
  type ReadResponse,
} from '@crossroads/contracts/events/v1/events_service';
import { NumberChange, NumberChanged, PersonsMerged } from '@crossroads/contracts/person/v1/events';
import { partitionOf, topicPartitionOf } from '@crossroads/eventsourcing';
import { serve } from '@crossroads/grpc';
import type { Broker, CloudEvent, TopicSealing } from '@crossroads/messaging';
import type { BlindIndex } from '@crossroads/privacy';

const TOPIC = 'crossroads.person.v1';
/** The hash of the beginning. */
const SEED = Buffer.alloc(32);

/** Stands in for the person registry: publishes number changes on its topic, sealed, and serves earlier ones by `Events/Read`. */
export class RegistryStandIn {
  private readonly published: ReadResponse[] = [];
  private readonly logId = randomUUID();
  private serial = 0n;
  /** The requests of `Events/Read`. */
  readonly reads: ReadRequest[] = [];
  /** Lets `Events/Read` wait before each event behind this position. */
  pause: { readonly behind: bigint; readonly until: Promise<void> } | undefined;

  constructor(
    private readonly index: BlindIndex,
    private readonly broker: Broker,
    private readonly sealing: TopicSealing,
  ) {}

  serve() {
    const [published, reads, headOf] = [this.published, this.reads, (partition: number) => this.headOf(partition)];
    const pause = () => this.pause;
    const read = async function* (request: ReadRequest): AsyncGenerator<ReadResponse> {
      const { topic, partition, after } = request;
      if (topic !== TOPIC) return;
      reads.push(request);
      for (const one of published) {
        const { partition: its, position = 0n } = one.place ?? {};
        if (its !== partition || position <= (after?.position ?? 0n)) continue;
        const { behind = position, until } = pause() ?? {};
        if (position > behind) await until;
        yield one;
      }
      yield { event: undefined, place: headOf(partition), serial: 0n };
    };
    const check = async ({ places }: CheckRequest): Promise<CheckResponse> => ({
      places: places.map(({ partition }) => ({ standing: Standing.STANDING_COMMON, head: headOf(partition) })),
    });
    const allow = ['service:reference-directory'] as const;
    return serve(EventsServiceService, { read, check }, { allow: { read: allow, check: allow } });
  }

  /** Assigns a number to a person, by default a new one. */
  async assign(ssin: string, personId: string = randomUUID()): Promise<string> {
    await this.publishChange('assigned', { personId, ssin });
    return personId;
  }

  async replace(ssin: string, by: string, personId: string, previousPersonId = ''): Promise<void> {
    await this.publishChange('replaced', { personId, ssin, by, previousPersonId });
    if (previousPersonId !== '') await this.publishMerge([previousPersonId], personId);
  }

  /** Somebody contests a merge. */
  async contest(personId: string, survivor: string): Promise<void> {
    await this.publishMerge([personId], survivor, { contested: [personId] });
  }

  async unreplace(ssin: string, personId: string, previousPersonId = ''): Promise<void> {
    await this.publishChange('unreplaced', { personId, ssin, previousPersonId });
    if (previousPersonId !== '') await this.publishMerge([personId], personId);
  }

  async cancel(ssin: string, personId: string): Promise<void> {
    await this.publishChange('canceled', { personId, ssin });
  }

  /** Publishes the last event again, as a broker may. */
  async repeat(): Promise<void> {
    const last = this.published.at(-1);
    if (last) await this.publish(last);
  }

  /** Publishes an event that does not concern the directory. */
  async publishOther(): Promise<void> {
    await this.publish(this.remember('persons.notify.changed', randomUUID(), Buffer.from('no number change')));
  }

  private async publishChange(
    step: 'assigned' | 'replaced' | 'unreplaced' | 'canceled',
    {
      personId,
      ssin,
      by,
      previousPersonId = '',
    }: { personId: string; ssin: string; by?: string; previousPersonId?: string },
  ): Promise<void> {
    const change = {
      assigned: NumberChange.NUMBER_CHANGE_ASSIGNED,
      replaced: NumberChange.NUMBER_CHANGE_REPLACED,
      unreplaced: NumberChange.NUMBER_CHANGE_UNREPLACED,
      canceled: NumberChange.NUMBER_CHANGE_CANCELED,
    }[step];
    const body: NumberChanged = {
      personId,
      ssinIndex: this.index.indexOf(ssin),
      change,
      replacedByIndex: by === undefined ? '' : this.index.indexOf(by),
      previousPersonId,
    };
    await this.publish(
      this.remember(`numbers.notify.${step}`, personId, Buffer.from(NumberChanged.encode(body).finish())),
    );
  }

  private async publishMerge(
    personIds: readonly string[],
    survivor: string,
    { since: mergeTime = new Date(), contested: contestedPersonIds = [] }: { since?: Date; contested?: string[] } = {},
  ): Promise<void> {
    const body = PersonsMerged.encode({
      personIds: [...personIds],
      survivorPersonId: survivor,
      mergeTime,
      contestedPersonIds,
    }).finish();
    for (const key of new Set([...personIds, survivor]))
      await this.publish(this.remember('persons.notify.merged', key, Buffer.from(body)));
  }

  private remember(type: string, key: string, data: Buffer): ReadResponse {
    const { partition, position, ...log } = this.headOf(topicPartitionOf(partitionOf('main', key)));
    const published = {
      place: { ...log, partition, position: position + 1n, hash: randomBytes(32) },
      serial: ++this.serial,
      event: {
        id: randomUUID(),
        source: 'urn:crossroads:service:person-registry',
        type: `${TOPIC}.${type}`,
        service: TOPIC,
        time: new Date(),
        key,
        sequence: '',
        contentType: 'application/protobuf',
        sealingKeyId: '',
        data,
        traceparent: '',
      },
    };
    this.published.push(published);
    return published;
  }

  private async publish({ place, event, serial }: ReadResponse): Promise<void> {
    if (!event || !place) return;
    const { id, source, type, service, key, data } = event;
    const { logId, partition, position, hash } = place;
    const before = this.published.findLast(
      (one) => one.place?.partition === partition && one.place.position < position,
    );
    const previous = { position: position - 1n, hash: (before?.place?.hash ?? SEED).toString('hex') };
    const open: CloudEvent = {
      ...{ id, source, type, service, key, data, partition },
      time: event.time ?? new Date(0),
      place: { logId, position, hash: hash.toString('hex'), serial, previous },
    };
    await this.broker.publish(TOPIC, await this.sealing.seal(TOPIC, [open]));
  }

  private headOf(partition: number): Place {
    const last = this.published.findLast(({ place }) => place?.partition === partition)?.place;
    return last ?? { logId: this.logId, partition, position: 0n, hash: SEED };
  }
}
