import { randomUUID } from 'node:crypto';
import {
  EventsServiceService,
  type ReadRequest,
  type ReadResponse,
} from '@crossroads/contracts/events/v1/events_service';
import { NumberChange, NumberChanged, PersonsMerged } from '@crossroads/contracts/person/v1/events';
import { type Serves, serve } from '@crossroads/grpc';
import type { Broker, CloudEvent, TopicSealing } from '@crossroads/messaging';
import type { BlindIndex } from '@crossroads/privacy';

const TOPIC = 'crossroads.person.v1';

/** Stands in for the person registry: publishes number changes on its topic, sealed, and serves earlier ones by `Events/Read`. */
export class RegistryStandIn {
  private readonly published: ReadResponse[] = [];
  private position = 0n;

  constructor(
    private readonly index: BlindIndex,
    private readonly broker: Broker,
    private readonly sealing: TopicSealing,
  ) {}

  serve() {
    const published = this.published;
    const read = async function* ({ topic, afterCursor }: ReadRequest): AsyncGenerator<ReadResponse> {
      if (topic !== TOPIC) return;
      const from = published.findIndex(({ cursor }) => cursor === afterCursor) + 1;
      yield* published.slice(from);
    };
    const definition = { read: EventsServiceService.read };
    const implementation: Serves<typeof definition> = { read };
    return serve(definition, implementation, { allow: { read: ['service:reference-directory'] } });
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

  private async publishMerge(personIds: readonly string[], survivor: string): Promise<void> {
    const body = PersonsMerged.encode({ personIds: [...personIds], survivorPersonId: survivor }).finish();
    for (const key of new Set([...personIds, survivor]))
      await this.publish(this.remember('persons.notify.merged', key, Buffer.from(body)));
  }

  private remember(type: string, key: string, data: Buffer): ReadResponse {
    const cursor = `${1_000n + this.position}:${++this.position}`;
    const published = {
      cursor,
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

  private async publish({ cursor, event }: ReadResponse): Promise<void> {
    if (!event) return;
    const { id, source, type, service, key, data } = event;
    const open: CloudEvent = { id, source, type, service, key, data, time: event.time ?? new Date(0), cursor };
    await this.broker.publish(TOPIC, await this.sealing.seal(TOPIC, [open]));
  }
}
