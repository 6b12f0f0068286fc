import { createHash, randomBytes } from 'node:crypto';
import { type Json, Rejection } from '@crossroads/eventsourcing';
import { associatedData, openEnvelope, sealEnvelope } from './envelope.js';
import { FORGOTTEN, type Forgotten, KeyMissing, type KeyOptions, type SubjectKeys } from './subject-keys.js';

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
  constructor(
    private readonly keys: SubjectKeys,
    /** Told of each person whose key is missing, before `KeyMissing` is thrown. */
    private readonly onMissing: (personId: string) => void = () => undefined,
  ) {}

  /** Creates the person's key if there is none. @throws Rejection SUBJECT_FORGOTTEN when the person was erased */
  async sealForSubject(
    personId: string,
    value: Sealable | Uint8Array,
    aad: string,
    options: Pick<KeyOptions, 'fresh'> = {},
  ): Promise<string> {
    const key = await this.keys.keyOf(personId, { ...options, create: true });
    return sealWith(key, personId, value, aad);
  }

  /** Seals many values; keys are read and created in bulk. */
  async sealAllForSubjects(
    items: readonly { readonly personId: string; readonly value: Sealable | Uint8Array; readonly aad: string }[],
  ): Promise<string[]> {
    const sealed = await this.sealAllUnlessForgotten(items);
    return sealed.map((one) => {
      if (one === undefined) throw erased();
      return one;
    });
  }

  /** The same; undefined for persons who were erased. For what goes on without their data, and must not stop. */
  async sealAllUnlessForgotten(
    items: readonly { readonly personId: string; readonly value: Sealable | Uint8Array; readonly aad: string }[],
  ): Promise<(string | undefined)[]> {
    const keys = await this.keys.keysOf([...new Set(items.map(({ personId }) => personId))], { create: true });
    return items.map(({ personId, value, aad }) => {
      const key = keys.get(personId);
      return key === FORGOTTEN ? undefined : sealWith(key, personId, value, aad);
    });
  }

  /** @throws KeyMissing; Unsealable when it was changed, or sealed for another place */
  async openForSubject(personId: string, sealed: string, aad: string): Promise<Sealable | Forgotten> {
    return jsonOf(this.open(await this.keys.keyOf(personId), { personId, sealed, aad }));
  }

  /** Opens many values, in the order given. @throws KeyMissing; Unsealable */
  async openAllForSubjects(items: readonly SealedForSubject[]): Promise<(Sealable | Forgotten)[]> {
    const keys = await this.keys.keysOf([...new Set(items.map(({ personId }) => personId))]);
    return items.map((item) => jsonOf(this.open(keys.get(item.personId), item)));
  }

  /** Opens what was sealed from bytes. @throws KeyMissing; Unsealable */
  async openBytesForSubject(personId: string, sealed: string, aad: string): Promise<Buffer | Forgotten> {
    return this.open(await this.keys.keyOf(personId), { personId, sealed, aad });
  }

  private open(key: Buffer | Forgotten | undefined, { personId, sealed, aad }: SealedForSubject): Buffer | Forgotten {
    if (key === FORGOTTEN) return FORGOTTEN;
    const bytes = Buffer.from(sealed, 'base64');
    if (key === undefined || !fingerprintOf(key).equals(bytes.subarray(0, FINGERPRINT_BYTES))) {
      this.onMissing(personId);
      throw new KeyMissing();
    }
    return openEnvelope(key, associatedData(personId, aad), bytes.subarray(FINGERPRINT_BYTES));
  }
}

const erased = () => new Rejection('SUBJECT_FORGOTTEN', 'the data of this person were erased');

const sealWith = (
  key: Buffer | Forgotten | undefined,
  personId: string,
  value: Sealable | Uint8Array,
  aad: string,
): string => {
  if (typeof key !== 'object') throw erased();
  const plain = value instanceof Uint8Array ? value : Buffer.from(JSON.stringify(value));
  const envelope = sealEnvelope(key, randomBytes(12), associatedData(personId, aad), plain);
  return Buffer.concat([fingerprintOf(key), envelope]).toString('base64');
};

const FINGERPRINT_BYTES = 4;

/** Stands before each envelope: when a key is lost and the person gets a new one, what the lost one sealed is still known by it. */
const fingerprintOf = (key: Buffer): Buffer =>
  createHash('sha256').update('crossroads subject key\n').update(key).digest().subarray(0, FINGERPRINT_BYTES);

const jsonOf = (opened: Buffer | Forgotten): Sealable | Forgotten =>
  opened === FORGOTTEN ? FORGOTTEN : (JSON.parse(opened.toString('utf8')) as Sealable);
