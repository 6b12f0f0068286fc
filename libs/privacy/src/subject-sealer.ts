import { randomBytes } from 'node:crypto';
import { type Json, Rejection } from '@crossroads/eventsourcing';
import { associatedData, openEnvelope, sealEnvelope } from './envelope.js';
import { FORGOTTEN, type Forgotten, type SubjectKeys } from './subject-keys.js';

/** What may be sealed: not a string, which could not be distinguished from `forgotten` when it is opened. */
export type Sealable = Exclude<Json, string>;

export interface SealedForSubject {
  readonly personId: string;
  readonly sealed: string;
  /** The associated data it was sealed with: where it is stored. */
  readonly aad: string;
}

/**
 * Seals what long-term stores hold about a person with that person's key. The result is base64, as stored events are JSON. Nonces are
 * random, since a key outlives processes; a key seals far fewer than the 2^32 bodies for which random nonces are safe.
 */
export class SubjectSealer {
  constructor(private readonly keys: SubjectKeys) {}

  /** Creates the person's key if there is none. @throws Rejection SUBJECT_FORGOTTEN when the person was erased */
  async sealForSubject(personId: string, value: Sealable | Uint8Array, aad: string): Promise<string> {
    const key = await this.keys.keyOf(personId, { create: true });
    return sealWith(key, personId, value, aad);
  }

  /** Seals many values; keys are read and created in bulk. */
  async sealAllForSubjects(
    items: readonly { readonly personId: string; readonly value: Sealable | Uint8Array; readonly aad: string }[],
  ): Promise<string[]> {
    const keys = await this.keys.keysOf([...new Set(items.map(({ personId }) => personId))], { create: true });
    return items.map(({ personId, value, aad }) => sealWith(keys.get(personId), personId, value, aad));
  }

  /** @throws Unsealable when it was changed, or sealed for another person or place */
  async openForSubject(personId: string, sealed: string, aad: string): Promise<Sealable | Forgotten> {
    return openWith(await this.keys.keyOf(personId), { personId, sealed, aad });
  }

  /** Opens many values, in the order given. */
  async openAllForSubjects(items: readonly SealedForSubject[]): Promise<(Sealable | Forgotten)[]> {
    const keys = await this.keys.keysOf([...new Set(items.map(({ personId }) => personId))]);
    return items.map((item) => openWith(keys.get(item.personId), item));
  }

  /** Opens what was sealed from bytes. */
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

// A missing key counts as forgotten as well: a row of the key database may be deleted.
const openWith = (key: Buffer | Forgotten | undefined, item: SealedForSubject): Sealable | Forgotten => {
  if (typeof key !== 'object') return FORGOTTEN;
  return JSON.parse(openBody(key, item).toString('utf8')) as Sealable;
};

const openBody = (key: Buffer, { personId, sealed, aad }: SealedForSubject): Buffer =>
  openEnvelope(key, associatedData(personId, aad), Buffer.from(sealed, 'base64'));
