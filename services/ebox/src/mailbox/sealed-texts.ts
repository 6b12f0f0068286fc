import { FORGOTTEN, type SealedForSubject, SubjectSealer } from '@crossroads/privacy';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';

/** What the seal of an address is bound to. */
export const NOTIFICATION_ADDRESS = 'mailbox/notification-address';

/** What the seal of a label is bound to. */
export const labelPlace = (delegationId: string): string => `delegation/${delegationId}`;

const stored = z.object({ text: z.string() });

/** Texts of owners, sealed for them: a sealer takes no bare text. */
@Injectable()
export class SealedTexts {
  constructor(private readonly sealer: SubjectSealer) {}

  /** @throws Rejection `SUBJECT_FORGOTTEN` */
  seal(ownerId: string, text: string, place: string): Promise<string> {
    return this.sealer.sealForSubject(ownerId, { text }, place);
  }

  /** In the order given; empty where the owner was erased. */
  async openAll(sealed: readonly SealedForSubject[]): Promise<string[]> {
    const opened = await this.sealer.openAllForSubjects(sealed);
    return opened.map((value) => (value === FORGOTTEN ? '' : stored.parse(value).text));
  }
}
