import { FORGOTTEN, type Forgotten, type KeyOptions, SubjectSealer } from '@crossroads/privacy';
import type { Salted } from '@crossroads/transparency';
import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';

const SALT_BYTES = 32;
/** The subject whose key seals records about numbers that belong to no person. */
const NO_PERSON = '00000000-0000-0000-0000-000000000000';

/** The part of an access; it is bound into the seal. */
export type Part = 'record' | 'outcome';

/** The relay opens a record within a fraction of a second. Keys that another process destroyed are cached for longer than this. */
const CACHE = { max: 2_000, ttl: 5_000 };

/**
 * Seals records and outcomes (salt ‖ bytes) under the key of the person they are about. The relay opens most of them shortly
 * afterwards: what this process sealed in the last seconds is opened from memory, once.
 */
@Injectable()
export class RecordSealer {
  private readonly recent = new LRUCache<string, Recent>(CACHE);

  constructor(private readonly sealer: SubjectSealer) {}

  /** @throws Rejection SUBJECT_FORGOTTEN */
  async seal(
    personId: string,
    journalId: string,
    part: Part,
    salted: Salted,
    options?: Pick<KeyOptions, 'fresh'>,
  ): Promise<string> {
    const aad = aadOf(journalId, part);
    const plain = Buffer.concat([salted.salt, salted.bytes]);
    const sealed = await this.sealer.sealForSubject(personId || NO_PERSON, plain, aad, options);
    this.recent.set(aad, { personId, sealed, salted });
    return sealed;
  }

  async open(personId: string, journalId: string, part: Part, sealed: string): Promise<Salted | Forgotten> {
    const aad = aadOf(journalId, part);
    const recent = this.recent.get(aad);
    this.recent.delete(aad);
    if (recent?.personId === personId && recent.sealed === sealed) return recent.salted;
    const plain = await this.sealer.openBytesForSubject(personId || NO_PERSON, sealed, aad);
    if (plain === FORGOTTEN) return FORGOTTEN;
    return { salt: plain.subarray(0, SALT_BYTES), bytes: plain.subarray(SALT_BYTES) };
  }
}

interface Recent {
  readonly personId: string;
  readonly sealed: string;
  readonly salted: Salted;
}

const aadOf = (journalId: string, part: Part): string => `access/${journalId}/${part}`;
