import { type Release, Releases } from '@crossroads/contracts/access/v1/access_record';
import { FORGOTTEN, type Forgotten, type KeyOptions, SubjectSealer } from '@crossroads/privacy';
import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';

/** The subject whose key seals records about numbers that belong to no person. */
const NO_PERSON = '00000000-0000-0000-0000-000000000000';

/** What is sealed of an access: its releases without outcomes, or the outcomes alone. It is bound into the seal. */
export type Step = 'begun' | 'outcomes';

/** The relay opens a record within a fraction of a second. Keys that another process destroyed are cached for longer than this. */
const CACHE = { max: 2_000, ttl: 5_000 };

/**
 * Seals releases, salts included, under the key of the person they are about. The relay opens most of them shortly afterwards: what this
 * process sealed in the last seconds is opened from memory, once.
 */
@Injectable()
export class RecordSealer {
  private readonly recent = new LRUCache<string, Recent>(CACHE);

  constructor(private readonly sealer: SubjectSealer) {}

  /** @throws Rejection SUBJECT_FORGOTTEN */
  async seal(
    personId: string,
    journalId: string,
    step: Step,
    releases: readonly Release[],
    options?: Pick<KeyOptions, 'fresh'>,
  ): Promise<string> {
    const aad = aadOf(journalId, step);
    const plain = Releases.encode({ releases }).finish();
    const sealed = await this.sealer.sealForSubject(personId || NO_PERSON, plain, aad, options);
    this.recent.set(aad, { personId, sealed, releases });
    return sealed;
  }

  async open(personId: string, journalId: string, step: Step, sealed: string): Promise<readonly Release[] | Forgotten> {
    const aad = aadOf(journalId, step);
    const recent = this.recent.get(aad);
    this.recent.delete(aad);
    if (recent?.personId === personId && recent.sealed === sealed) return recent.releases;
    const plain = await this.sealer.openBytesForSubject(personId || NO_PERSON, sealed, aad);
    return plain === FORGOTTEN ? FORGOTTEN : Releases.decode(plain).releases;
  }
}

interface Recent {
  readonly personId: string;
  readonly sealed: string;
  readonly releases: readonly Release[];
}

const aadOf = (journalId: string, step: Step): string => `access/${journalId}/${step}`;
