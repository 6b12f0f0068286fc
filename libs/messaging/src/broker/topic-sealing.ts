import type { TopicSealer } from '@crossroads/privacy';
import { SEALED_TOPICS } from '@crossroads/topology';
import type { CloudEvent } from './broker.js';

/** Encrypts the data of events on internal topics before they are published, and decrypts it on receipt. */
export class TopicSealing {
  private readonly topics: ReadonlySet<string>;

  constructor(
    private readonly sealer: TopicSealer,
    topics: readonly string[] = SEALED_TOPICS,
  ) {
    this.topics = new Set(topics);
  }

  /** Leaves the events of other topics as they are. */
  async seal(topic: string, events: readonly CloudEvent[]): Promise<CloudEvent[]> {
    if (!this.topics.has(topic)) return [...events];
    return Promise.all(
      events.map(async (event) => {
        const { keyId, data } = await this.sealer.seal(topic, event.source, event.id, event.data);
        return { ...event, data, sealingKeyId: keyId };
      }),
    );
  }

  /**
   * Leaves an event as it is that was not sealed, for example one from `Events/Read`.
   * @throws Unsealable, KeyUnavailable: park the event as it was received
   */
  async open(topic: string, event: CloudEvent): Promise<CloudEvent> {
    const { sealingKeyId, ...rest } = event;
    if (sealingKeyId === undefined) return event;
    const sealed = { keyId: sealingKeyId, data: Buffer.from(event.data) };
    return { ...rest, data: await this.sealer.open(topic, event.source, event.id, sealed) };
  }
}
