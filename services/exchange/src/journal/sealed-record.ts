import { FORGOTTEN, type Forgotten, type SubjectSealer } from '@crossroads/privacy';
import type { Salted } from '@crossroads/transparency';
import { LRUCache } from 'lru-cache';

const SALT_BYTES = 32;
/** Under whose key a record about nobody is sealed: numbers that nobody has are not for everybody's eyes either. */
const NOBODY = '00000000-0000-0000-0000-000000000000';

/** Which of the two things that an access keeps; bound into the seal. */
export type Part = 'record' | 'outcome';

/** The relay comes by within a fraction of a second, and a process goes on longer than this with a key destroyed elsewhere. */
const REMEMBERED = { max: 2_000, ttl: 5_000 };

/**
 * Keeps records and outcomes (salt ‖ bytes) sealed under the key of the person they are about. What this process sealed a
 * moment ago it opens from memory, once.
 */
export class RecordSeals {
  private readonly recent = new LRUCache<string, Recent>(REMEMBERED);

  constructor(private readonly sealer: SubjectSealer) {}

  /** @throws Rejection SUBJECT_FORGOTTEN */
  async seal(personId: string, journalId: string, part: Part, salted: Salted): Promise<string> {
    const at = place(journalId, part);
    const plain = Buffer.concat([salted.salt, salted.bytes]);
    const sealed = await this.sealer.sealForSubject(personId || NOBODY, plain, at);
    this.recent.set(at, { personId, sealed, salted });
    return sealed;
  }

  async open(personId: string, journalId: string, part: Part, sealed: string): Promise<Salted | Forgotten> {
    const at = place(journalId, part);
    const recent = this.recent.get(at);
    this.recent.delete(at);
    if (recent?.personId === personId && recent.sealed === sealed) return recent.salted;
    const plain = await this.sealer.openBytesForSubject(personId || NOBODY, sealed, at);
    if (plain === FORGOTTEN) return FORGOTTEN;
    return { salt: plain.subarray(0, SALT_BYTES), bytes: plain.subarray(SALT_BYTES) };
  }
}

interface Recent {
  readonly personId: string;
  readonly sealed: string;
  readonly salted: Salted;
}

const place = (journalId: string, part: Part): string => `access/${journalId}/${part}`;
