import { createHmac } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { associatedData, openEnvelope, sealEnvelope, Unsealable } from './envelope.js';
import { type KeyProvider, KeyUnavailable } from './key-provider.js';
import { counterNonce, type Sealed, TopicSealer } from './sealing.js';

const TOPIC = 'crossroads.person.v1';

/** Keys made of their id. */
const keys = (): KeyProvider => {
  let made = 0;
  const key = (keyId: string) => createHmac('sha256', 'test').update(keyId).digest();
  return {
    newDataKey: async (name, producer) => {
      const keyId = `${name}.1.${producer}.0.${made++}`;
      return { keyId, key: key(keyId) };
    },
    dataKey: async (keyId) => key(keyId),
    secret: async (name) => key(name),
    secrets: async (name) => [{ kid: '1', key: key(name) }],
  };
};
const sealer = (options: { now?: () => Date; sealsPerKey?: number } = {}) =>
  new TopicSealer({ keys: keys(), producer: 'p', ...options });

const bytes = fc.uint8Array({ maxLength: 300 });
const text = fc.string({ maxLength: 40 });
const nonceOf = ({ keyId, data }: Sealed) => `${keyId} ${data.toString('hex', 1, 13)}`;

describe('sealing of topics', () => {
  it('opens what was sealed, for any content', async () => {
    const used = sealer();
    await fc.assert(
      fc.asyncProperty(text, text, bytes, async (source, id, plain) => {
        const sealed = await used.seal(TOPIC, [source, id], plain);
        expect(sealed.data[0]).toBe(1);
        expect(new Uint8Array(await used.open(TOPIC, [source, id], sealed))).toEqual(plain);
      }),
    );
  });

  it('does not open a body of which one bit was changed', async () => {
    const used = sealer();
    await fc.assert(
      fc.asyncProperty(bytes, fc.nat(), async (plain, anywhere) => {
        const sealed = await used.seal(TOPIC, ['s', 'i'], plain);
        const bit = anywhere % (sealed.data.length * 8);
        const data = Buffer.from(sealed.data);
        data.writeUInt8(data.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
        await expect(used.open(TOPIC, ['s', 'i'], { ...sealed, data })).rejects.toThrow(Unsealable);
      }),
    );
  });

  it('does not open a truncated body', async () => {
    const used = sealer();
    const sealed = await used.seal(TOPIC, ['s', 'i'], Buffer.from('text'));
    for (let length = 0; length < sealed.data.length; length++)
      await expect(used.open(TOPIC, ['s', 'i'], { ...sealed, data: sealed.data.subarray(0, length) })).rejects.toThrow(
        Unsealable,
      );
  });

  it('does not open a body in another topic, source or event', async () => {
    const used = sealer();
    await fc.assert(
      fc.asyncProperty(text, text, text, text, async (source, id, otherSource, otherId) => {
        fc.pre(source !== otherSource || id !== otherId);
        const sealed = await used.seal(TOPIC, [source, id], Buffer.from('text'));
        await expect(used.open(TOPIC, [otherSource, otherId], sealed)).rejects.toThrow(Unsealable);
        await expect(used.open('crossroads.mutation.v1', [source, id], sealed)).rejects.toThrow(Unsealable);
      }),
    );
  });

  it('does not open a body with another key', async () => {
    const used = sealer();
    const sealed = await used.seal(TOPIC, ['s', 'i'], Buffer.from('text'));
    await expect(used.open(TOPIC, ['s', 'i'], { ...sealed, keyId: `${TOPIC}.1.p.0.other` })).rejects.toThrow(
      Unsealable,
    );
  });

  it('never uses a nonce twice with a key, also for concurrent calls', async () => {
    const used = sealer({ sealsPerKey: 10 });
    const sealed = await Promise.all(
      Array.from({ length: 95 }, (_, n) => used.seal(TOPIC, ['s', String(n)], Buffer.of(1))),
    );
    expect(new Set(sealed.map(nonceOf)).size).toBe(95);
    expect(new Set(sealed.map(({ keyId }) => keyId)).size).toBe(10);
    for (const [n, one] of sealed.entries()) await used.open(TOPIC, ['s', String(n)], one);
  });

  it('uses a new key each hour, and one per topic', async () => {
    let now = new Date('2026-01-01T10:59:59Z');
    const used = sealer({ now: () => now });
    const keyId = async (topic: string) => (await used.seal(topic, ['s', 'i'], Buffer.of(1))).keyId;
    const first = await keyId(TOPIC);
    expect(await keyId(TOPIC)).toBe(first);
    expect(await keyId('crossroads.access.exchange.v1')).not.toBe(first);
    now = new Date('2026-01-01T11:00:00Z');
    expect(await keyId(TOPIC)).not.toBe(first);
  });

  it('fails when the nonces of a key are used up', () => {
    expect(counterNonce(2 ** 48 - 1)).toHaveLength(12);
    expect(() => counterNonce(2 ** 48)).toThrow(KeyUnavailable);
  });

  it('recovers after the key provider was unavailable', async () => {
    let away = true;
    const provider = keys();
    const used = new TopicSealer({
      keys: {
        ...provider,
        newDataKey: (...asked) => (away ? Promise.reject(new KeyUnavailable('away')) : provider.newDataKey(...asked)),
      },
      producer: 'p',
    });
    await expect(used.seal(TOPIC, ['s', 'i'], Buffer.of(1))).rejects.toThrow(KeyUnavailable);
    away = false;
    await used.seal(TOPIC, ['s', 'i'], Buffer.of(1));
  });
});

describe('associated data', () => {
  it('distinguishes where each part ends', () => {
    fc.assert(
      fc.property(fc.array(text), fc.array(text), (a, b) => {
        fc.pre(JSON.stringify(a) !== JSON.stringify(b));
        expect(associatedData(...a).equals(associatedData(...b))).toBe(false);
      }),
    );
  });

  it('is not contained in the sealed body, and needed to open it', () => {
    const key = Buffer.alloc(32, 1);
    const sealed = sealEnvelope(key, Buffer.alloc(12), associatedData('place'), Buffer.from('text'));
    expect(sealed.includes('place')).toBe(false);
    expect(() => openEnvelope(key, associatedData('elsewhere'), sealed)).toThrow(Unsealable);
  });
});
