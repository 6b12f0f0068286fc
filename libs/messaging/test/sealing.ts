import { TopicSealing } from '@crossroads/messaging';
import { type KeyProvider, TopicSealer } from '@crossroads/privacy';

/** A topic whose messages are sealed and bundled. */
export const TOPIC = 'crossroads.access.exchange.v1';
export const SOURCE = 'urn:crossroads:service:sample';
export const OTHER_SOURCE = 'urn:crossroads:service:other';

const keysOf = (master: Buffer): KeyProvider => ({
  newDataKey: async (name) => ({ keyId: `${name}.k`, key: master }),
  dataKey: async () => master,
  secret: async () => master,
  secrets: async () => [{ kid: 'k', key: master }],
});
const sealingWith = (master: Buffer) =>
  new TopicSealing(new TopicSealer({ keys: keysOf(master), producer: 'sample' }), new Map([[TOPIC, SOURCE]]));

export const sealing = sealingWith(Buffer.alloc(32, 7));
/** Of somebody who has another key. */
export const strangersSealing = sealingWith(Buffer.alloc(32, 8));
