import { randomBytes } from 'node:crypto';
import { type Json, Rejection } from '@crossroads/eventsourcing';
import { associatedData, openEnvelope, sealEnvelope } from './envelope.js';
import { FORGOTTEN, type Forgotten, type SubjectKeys } from './subject-keys.js';

/** What may be sealed: no bare string, which could not be told from `forgotten` when read. */
export type Sealable = Exclude<Json, string>;

export interface SealedForSubject {
  readonly personId: string;
  readonly sealed: string;
  /** The place it was sealed for. */
  readonly aad: string;
}

/**
 * Seals what long-term stores keep of a person under that person's own key. The result is text (base64), as stored events
 * are JSON. The nonce is random: a key outlives processes, and holds far less than the 2^32 bodies that allows.
 */
export class SubjectSealer {
  constructor(private readonly keys: SubjectKeys) {}

  /** Makes the person's key when absent. @throws Rejection SUBJECT_FORGOTTEN: nothing new is kept of who was erased. */
  async sealForSubject(personId: string, value: Sealable | Uint8Array, aad: string): Promise<string> {
    const key = await this.keys.keyOf(personId, { create: true });
    return sealWith(key, personId, value, aad);
  }

  /** Many at once: the keys are fetched and made in bulk. */
  async sealAllForSubjects(
    items: readonly { readonly personId: string; readonly value: Sealable | Uint8Array; readonly aad: string }[],
  ): Promise<string[]> {
    const keys = await this.keys.keysOf([...new Set(items.map(({ personId }) => personId))], { create: true });
    return items.map(({ personId, value, aad }) => sealWith(keys.get(personId), personId, value, aad));
  }

  /** @throws Unsealable when it was changed, or is of another person or place. */
  async openForSubject(personId: string, sealed: string, aad: string): Promise<Sealable | Forgotten> {
    return openWith(await this.keys.keyOf(personId), { personId, sealed, aad });
  }

  /** Many at once, in the order given. */
  async openAllForSubjects(items: readonly SealedForSubject[]): Promise<(Sealable | Forgotten)[]> {
    const keys = await this.keys.keysOf([...new Set(items.map(({ personId }) => personId))]);
    return items.map((item) => openWith(keys.get(item.personId), item));
  }

  /** For what was sealed from bytes. */
  async openBytesForSubject(personId: string, sealed: string, aad: string): Promise<Buffer | Forgotten> {
    const key = await this.keys.keyOf(personId);
    return typeof key === 'object' ? openBody(key, { personId, sealed, aad }) : FORGOTTEN;
  }
}

const sealWith = (
  key: Buffer | Forgotten | undefined,
  personId: string,
  value: Sealable | Uint8Array,
  aad: string,
): string => {
  if (typeof key !== 'object') throw new Rejection('SUBJECT_FORGOTTEN', 'the data of this person were erased');
  const plain = value instanceof Uint8Array ? value : Buffer.from(JSON.stringify(value));
  return sealEnvelope(key, randomBytes(12), associatedData(personId, aad), plain).toString('base64');
};

// No key at all reads as forgotten, too: a row of the keys' database may be removed altogether.
const openWith = (key: Buffer | Forgotten | undefined, item: SealedForSubject): Sealable | Forgotten => {
  if (typeof key !== 'object') return FORGOTTEN;
  return JSON.parse(openBody(key, item).toString('utf8')) as Sealable;
};

const openBody = (key: Buffer, { personId, sealed, aad }: SealedForSubject): Buffer =>
  openEnvelope(key, associatedData(personId, aad), Buffer.from(sealed, 'base64'));
