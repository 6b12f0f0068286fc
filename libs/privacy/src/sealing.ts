import { LRUCache } from 'lru-cache';
import { associatedData, openEnvelope, sealEnvelope, Unsealable } from './envelope.js';
import { type DataKey, type KeyProvider, KeyUnavailable } from './key-provider.js';

/** A sealed body and the id of the key that opens it (header `ce_sealingkeyid`). */
export interface Sealed {
  readonly keyId: string;
  readonly data: Buffer;
}

export interface TopicSealerOptions {
  readonly keys: KeyProvider;
  /** Name of the sealing service; part of each key id. */
  readonly producer: string;
  readonly now?: () => Date;
  /** Bodies sealed with one key before it is replaced. @default 2^32 */
  readonly sealsPerKey?: number;
}

interface KeyInUse extends DataKey {
  readonly hour: number;
  seals: number;
}

const HOUR_MS = 3_600_000;
const MAX_CACHED_KEYS = 1_000;

/**
 * Seals the bodies of internal topics, with a data key per topic, hour and process, a counter as nonce, and the topic and all attributes
 * of the event as associated data, so that a body can be opened only in its own event, of which nothing was changed.
 */
export class TopicSealer {
  private readonly current = new Map<string, Promise<KeyInUse>>();
  private readonly known = new LRUCache<string, Promise<Buffer>>({ max: MAX_CACHED_KEYS, ttl: HOUR_MS });
  private readonly now: () => Date;
  private readonly sealsPerKey: number;

  constructor(private readonly options: TopicSealerOptions) {
    this.now = options.now ?? (() => new Date());
    this.sealsPerKey = options.sealsPerKey ?? 2 ** 32;
  }

  async seal(topic: string, attributes: readonly string[], plain: Uint8Array): Promise<Sealed> {
    const { keyId, key, nonce } = await this.nextOf(topic);
    return { keyId, data: sealEnvelope(key, nonce, associatedData(topic, ...attributes), plain) };
  }

  /**
   * @throws Unsealable when the body or an attribute was changed, it belongs to another event, or names a key that is no key of this topic.
   * @throws KeyUnavailable when this process does not have the topic's master.
   */
  async open(topic: string, attributes: readonly string[], sealed: Sealed): Promise<Buffer> {
    if (!sealed.keyId.startsWith(`${topic}.`)) throw new Unsealable('sealed with a key of another topic');
    return openEnvelope(await this.keyOf(sealed.keyId), associatedData(topic, ...attributes), sealed.data);
  }

  private async nextOf(topic: string): Promise<DataKey & { readonly nonce: Buffer }> {
    for (;;) {
      const hour = Math.floor(this.now().getTime() / HOUR_MS);
      let pending = this.current.get(topic);
      if (!pending) {
        pending = this.newKey(topic, hour);
        this.current.set(topic, pending);
        pending.catch(() => this.forget(topic, pending));
      }
      const key = await pending;
      // Nothing is awaited between the check and the increment, so that no two bodies get the same nonce.
      if (key.hour === hour && key.seals < this.sealsPerKey) return { ...key, nonce: counterNonce(key.seals++) };
      this.forget(topic, pending);
    }
  }

  private forget(topic: string, pending: Promise<KeyInUse> | undefined): void {
    if (this.current.get(topic) === pending) this.current.delete(topic);
  }

  private async newKey(topic: string, hour: number): Promise<KeyInUse> {
    const dataKey = await this.options.keys.newDataKey(topic, this.options.producer);
    return { ...dataKey, hour, seals: 0 };
  }

  private keyOf(keyId: string): Promise<Buffer> {
    const known = this.known.get(keyId);
    if (known) return known;
    const asked = this.options.keys.dataKey(keyId);
    this.known.set(keyId, asked);
    asked.catch(() => this.known.delete(keyId));
    return asked;
  }
}

/** A counter in twelve bytes. @throws KeyUnavailable when the nonces of a key are used up */
export const counterNonce = (count: number): Buffer => {
  if (!Number.isSafeInteger(count) || count < 0 || count >= 2 ** 48)
    throw new KeyUnavailable('the nonces of this key are used up');
  const nonce = Buffer.alloc(12);
  nonce.writeUIntBE(count, 6, 6);
  return nonce;
};
