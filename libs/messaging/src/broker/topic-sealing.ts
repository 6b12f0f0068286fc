import type { TopicSealer } from '@crossroads/privacy';
import { SEALED_TOPICS } from '@crossroads/topology';
import type { CloudEvent } from './broker.js';

/** Seals the bodies of internal topics before they are published, and opens them on receipt. */
export class TopicSealing {
  private readonly topics: ReadonlySet<string>;

  constructor(
    private readonly sealer: TopicSealer,
    topics: readonly string[] = SEALED_TOPICS,
  ) {
    this.topics = new Set(topics);
  }

  /** As they are when the topic is not internal. */
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
   * As it is when it was not sealed: what `Events/Read` gives comes open.
   * @throws Unsealable, KeyUnavailable: to be parked, as it came.
   */
  async open(topic: string, event: CloudEvent): Promise<CloudEvent> {
    const { sealingKeyId, ...rest } = event;
    if (sealingKeyId === undefined) return event;
    const sealed = { keyId: sealingKeyId, data: Buffer.from(event.data) };
    return { ...rest, data: await this.sealer.open(topic, event.source, event.id, sealed) };
  }
}
