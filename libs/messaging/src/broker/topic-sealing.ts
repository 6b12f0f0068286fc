import { KeyUnavailable, type TopicSealer } from '@crossroads/privacy';
import { eventSourceOf, producerOf, SEALED_TOPICS } from '@crossroads/topology';
import type { CloudEvent } from './broker.js';
import { headersOf, SEALING_KEY_HEADER } from './cloud-event-headers.js';

/** Why a message of a broker is not taken. */
export type Refusal = 'FOREIGN_SOURCE' | 'NOT_SEALED' | 'NOT_OPENED' | 'KEY_UNAVAILABLE';

/** The message is not one that the producer of the topic has sealed, or this process cannot tell. */
export class MessageRefused extends Error {
  override readonly name = 'MessageRefused';

  constructor(readonly reason: Refusal) {
    super(`a message was refused: ${reason}`);
  }
}

/** The sealed topics, each with the `source` of its producer. */
const PRODUCERS: ReadonlyMap<string, string> = new Map(
  SEALED_TOPICS.map((topic) => [topic, eventSourceOf(producerOf(topic))]),
);

/** Encrypts the data of events on internal topics before they are published, and decrypts it on receipt. */
export class TopicSealing {
  constructor(
    private readonly sealer: TopicSealer,
    private readonly producers: ReadonlyMap<string, string> = PRODUCERS,
  ) {}

  /** Leaves the events of other topics as they are. */
  async seal(topic: string, events: readonly CloudEvent[]): Promise<CloudEvent[]> {
    if (!this.producers.has(topic)) return [...events];
    return Promise.all(
      events.map(async (event) => {
        const { keyId, data } = await this.sealer.seal(topic, attributesOf(event), event.data);
        return { ...event, data, sealingKeyId: keyId };
      }),
    );
  }

  /** Leaves the events of other topics as they are. @throws MessageRefused */
  async open(topic: string, message: CloudEvent): Promise<CloudEvent> {
    const producer = this.producers.get(topic);
    if (producer === undefined) return message;
    const { sealingKeyId, ...event } = message;
    if (event.source !== producer) throw new MessageRefused('FOREIGN_SOURCE');
    if (sealingKeyId === undefined) throw new MessageRefused('NOT_SEALED');
    try {
      const sealed = { keyId: sealingKeyId, data: Buffer.from(event.data) };
      return { ...event, data: await this.sealer.open(topic, attributesOf(event), sealed) };
    } catch (error) {
      // Whoever may write to the topic chooses what is in a message: no error of it may stop the partition.
      throw new MessageRefused(error instanceof KeyUnavailable ? 'KEY_UNAVAILABLE' : 'NOT_OPENED');
    }
  }
}

/** Everything that a reader takes of a message besides its data, whether it is sealed already or not. A place counts in its own partition only. */
const attributesOf = (event: CloudEvent): string[] => [
  event.key,
  event.place === undefined ? '' : String(event.partition),
  ...Object.entries(headersOf(event))
    .filter(([name]) => name !== SEALING_KEY_HEADER)
    .flat(),
];
