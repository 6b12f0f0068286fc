import { FORGOTTEN, type Forgotten, type SubjectSealer } from '@crossroads/privacy';
import type { Salted } from '@crossroads/transparency';

const SALT_BYTES = 32;
/** Under whose key a record about nobody is sealed: numbers that nobody has are not for everybody's eyes either. */
const NOBODY = '00000000-0000-0000-0000-000000000000';

/** Which of the two things that an access keeps; bound into the seal. */
export type Part = 'record' | 'outcome';

/** Keeps records and outcomes (salt ‖ bytes) sealed under the key of the person they are about. */
export class RecordSeals {
  constructor(private readonly sealer: SubjectSealer) {}

  /** @throws Rejection SUBJECT_FORGOTTEN */
  seal(personId: string, journalId: string, part: Part, { salt, bytes }: Salted): Promise<string> {
    const plain = Buffer.concat([salt, bytes]);
    return this.sealer.sealForSubject(personId || NOBODY, plain, place(journalId, part));
  }

  async open(personId: string, journalId: string, part: Part, sealed: string): Promise<Salted | Forgotten> {
    const plain = await this.sealer.openBytesForSubject(personId || NOBODY, sealed, place(journalId, part));
    if (plain === FORGOTTEN) return FORGOTTEN;
    return { salt: plain.subarray(0, SALT_BYTES), bytes: plain.subarray(SALT_BYTES) };
  }
}

const place = (journalId: string, part: Part): string => `access/${journalId}/${part}`;
