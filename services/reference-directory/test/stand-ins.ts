import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import {
  AuthorizationServiceService,
  type WatchResponse,
} from '@crossroads/contracts/authorization/v1/authorization_service';
import type { PolicyEntity } from '@crossroads/contracts/authorization/v1/policy';
import {
  EventsServiceService,
  type ReadRequest,
  type ReadResponse,
} from '@crossroads/contracts/events/v1/events_service';
import { NumberChange, NumberChanged } from '@crossroads/contracts/person/v1/events';
import { type Call, type Serves, serve } from '@crossroads/grpc';
import type { Broker, CloudEvent, TopicSealing } from '@crossroads/messaging';
import type { BlindIndex } from '@crossroads/privacy';

/** A policy that does not change, and a heartbeat. */
export const serveWatch = (entities: readonly PolicyEntity[]) => {
  const watch = async function* (_request: unknown, { signal }: Call): AsyncGenerator<WatchResponse> {
    yield {
      policyRevision: 1n,
      message: { $case: 'snapshotPart', value: { first: true, last: true, entities: [...entities] } },
    };
    while (!signal.aborted) {
      await delay(250);
      yield { policyRevision: 1n, message: { $case: 'heartbeat', value: { time: new Date() } } };
    }
  };
  const definition = { watch: AuthorizationServiceService.watch };
  const implementation: Serves<typeof definition> = { watch };
  return serve(definition, implementation, { allow: { watch: ['any'] }, endless: ['watch'] });
};

const TOPIC = 'crossroads.person.v1';

/** What the person registry says of numbers: what it said before, by `Events/Read`; what it says now, sealed, on its topic. */
export class RegistryStandIn {
  private readonly said: ReadResponse[] = [];
  private position = 0n;

  constructor(
    private readonly index: BlindIndex,
    private readonly broker: Broker,
    private readonly sealing: TopicSealing,
  ) {}

  serve() {
    const said = this.said;
    const read = async function* ({ topic, afterCursor }: ReadRequest): AsyncGenerator<ReadResponse> {
      if (topic !== TOPIC) return;
      const from = said.findIndex(({ cursor }) => cursor === afterCursor) + 1;
      yield* said.slice(from);
    };
    const definition = { read: EventsServiceService.read };
    const implementation: Serves<typeof definition> = { read };
    return serve(definition, implementation, { allow: { read: ['service:reference-directory'] } });
  }

  /** Gives a number to somebody, new unless told. */
  async assign(ssin: string, personId: string = randomUUID()): Promise<string> {
    await this.say('assigned', { personId, ssin });
    return personId;
  }

  async replace(ssin: string, by: string, personId: string, previousPersonId = ''): Promise<void> {
    await this.say('replaced', { personId, ssin, by, previousPersonId });
  }

  async unreplace(ssin: string, personId: string, previousPersonId = ''): Promise<void> {
    await this.say('unreplaced', { personId, ssin, previousPersonId });
  }

  async cancel(ssin: string, personId: string): Promise<void> {
    await this.say('canceled', { personId, ssin });
  }

  /** Sends the last one again, as a broker may. */
  async repeat(): Promise<void> {
    const last = this.said.at(-1);
    if (last) await this.publish(last);
  }

  /** Something that is none of the directory's business. */
  async sayOther(): Promise<void> {
    await this.publish(this.remember('persons.notify.changed', randomUUID(), Buffer.from('not a number')));
  }

  private async say(
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

  private remember(type: string, key: string, data: Buffer): ReadResponse {
    const cursor = `${1_000n + this.position}:${++this.position}`;
    const said = {
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
    this.said.push(said);
    return said;
  }

  private async publish({ cursor, event }: ReadResponse): Promise<void> {
    if (!event) return;
    const { id, source, type, service, key, data } = event;
    const open: CloudEvent = { id, source, type, service, key, data, time: event.time ?? new Date(0), cursor };
    await this.broker.publish(TOPIC, await this.sealing.seal(TOPIC, [open]));
  }
}
