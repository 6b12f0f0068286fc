import type { MailReader } from '@crossroads/contracts/access/v1/access_record';
import type { MailboxReference } from '@crossroads/contracts/ebox/v1/message';
import type { Call, Caller } from '@crossroads/grpc';
import type { Ssin } from '@crossroads/identifiers';
import { Injectable } from '@nestjs/common';

/** Somebody who is signed in, and the mailbox that they may read. */
export interface Reader {
  readonly reader: MailReader;
  /**
   * The owner of the mailbox: the id that is current first, then those under which the same person was known before. Reading asks for
   * all of them.
   */
  readonly ownerIds: readonly [string, ...string[]];
  /** Who is signed in. */
  readonly personId: string;
  readonly ssin: Ssin;
  /** Of a delegate; empty otherwise. */
  readonly delegationId: string;
  /** May decide on consents, preferences and delegates. */
  readonly mayManage: boolean;
  /** The application through which they read. */
  readonly frontEnd: Extract<Caller, { kind: 'institution' }>;
}

/** Finds out who is signed in, and whether they may read a mailbox. */
@Injectable()
export class Readers {
  /**
   * @throws Unauthenticated without a valid token; NotFound `RESOURCE_NOT_FOUND`, the same for a mailbox of somebody else as for
   * one that does not exist. The mailbox of the person who is signed in need not be open yet.
   */
  async readerOf(_call: Call, _mailbox: MailboxReference | undefined): Promise<Reader> {
    throw new Error('not written yet');
  }
}
