import { randomUUID } from 'node:crypto';
import { Clock, withTimeout } from '@crossroads/configuration';
import { AccessResult, type Release, Releases } from '@crossroads/contracts/access/v1/access_record';
import { Database, type Tx } from '@crossroads/database';
import {
  BatchingAppender,
  Commands,
  mayBeClosed,
  PostgresEventStore,
  Rejection,
  RequestIdReused,
  type StreamAppend,
  uuidV7,
  WrongExpectedRevision,
} from '@crossroads/eventsourcing';
import { GrpcFailure, Unavailable } from '@crossroads/grpc';
import { PolicyFollower } from '@crossroads/policy';
import { SubjectSealer } from '@crossroads/privacy';
import { type BegunRelease, outcomeWithoutData, releaseMessage } from '@crossroads/transparency';
import { Injectable } from '@nestjs/common';
import { mailRelease, type OpenedMail } from './mail-access.message.js';

const TIMEOUT_MS = 4_000;

const DELETE_OPEN = 'delete from open_downloads where journal_id = $1';

export type OpeningStep = 'opened' | 'intended' | 'concluded';

/** What the seal of a journal event is bound to. */
export const openingPlace = (journalId: string, step: OpeningStep): string => `journal/${journalId}/${step}`;

/** A document whose opening is in the journal, and whose outcome is not. */
export interface OpenDownload {
  readonly journalId: string;
  readonly ownerId: string;
  readonly ticket: string;
}

/** An opening that is to be appended, with what the provider is shown of it. */
export interface IntendedOpening extends OpenDownload {
  readonly append: StreamAppend;
  readonly release: BegunRelease;
  readonly time: Date;
}

/** How a download ended; a reason says why it was refused. */
export interface DownloadOutcome {
  readonly result: AccessResult;
  readonly reason?: string;
}

/**
 * The access journal of mailboxes: a stream for each opening, sealed for the owner, salts included. Nothing is shown before its opening
 * is durable here.
 */
@Injectable()
export class OpeningJournal {
  private readonly appender: BatchingAppender;

  constructor(
    private readonly db: Database,
    private readonly store: PostgresEventStore,
    private readonly commands: Commands,
    private readonly sealer: SubjectSealer,
    private readonly policy: PolicyFollower,
    private readonly clock: Clock,
  ) {
    this.appender = new BatchingAppender(store);
  }

  /** Makes it durable that a list, or a message that was read before, is opened. @throws Unavailable; Rejection SUBJECT_FORGOTTEN */
  async record(mail: OpenedMail): Promise<void> {
    const append = await this.openedAppend(mail);
    await beforeShowing(this.appender.append([append]));
  }

  /** The opening of a list or message, to be appended together with what it changes. */
  async openedAppend(mail: OpenedMail): Promise<StreamAppend> {
    const { journalId, ownerId, release, time } = this.begin(mail);
    const outcome = outcomeWithoutData(AccessResult.ACCESS_RESULT_ANSWERED, time);
    return this.appendOf({ journalId, ownerId }, 'MailOpened', 'opened', releaseMessage({ ...release, outcome }));
  }

  /** The opening of a document, to be appended before its provider is asked. */
  async intend(mail: OpenedMail): Promise<IntendedOpening> {
    const opening = this.begin(mail);
    return {
      ...opening,
      append: await this.appendOf(opening, 'DocumentOpeningIntended', 'intended', releaseMessage(opening.release)),
    };
  }

  /** In the transaction that appends the intent: another process closes what this one leaves open. */
  async keepOpen(tx: Tx, { journalId, ownerId, ticket, time }: IntendedOpening): Promise<void> {
    await tx.execute('insert into open_downloads (journal_id, owner_id, ticket, opened_at) values ($1, $2, $3, $4)', [
      journalId,
      ownerId,
      ticket,
      time,
    ]);
  }

  /** Makes the outcome durable. After an outcome that became known too late, it is the last one that counts. */
  async conclude(download: OpenDownload, outcome: DownloadOutcome): Promise<void> {
    await this.commands.execute({
      decide: async ({ number }) => {
        const revision = number === 1 ? 1n : await this.revisionOf(download.journalId);
        return this.conclusion(download, revision, outcome);
      },
    });
  }

  /** Closes what its process has left open; for an owner who was erased nothing is written any more. @returns whether it was open */
  async closeAsUnknown(download: OpenDownload): Promise<boolean> {
    try {
      const unknown = { result: AccessResult.ACCESS_RESULT_OUTCOME_UNKNOWN };
      const decide = () => this.conclusion(download, 1n, unknown);
      await this.commands.execute({ retry: { attempts: 1, jitterMs: 0 }, decide });
      return true;
    } catch (error) {
      if (error instanceof WrongExpectedRevision) return false;
      if (!(error instanceof Rejection)) throw error;
      return (await this.db.execute(DELETE_OPEN, [download.journalId])) > 0;
    }
  }

  private begin(mail: OpenedMail) {
    const [ticket, time] = [randomUUID(), this.clock.now()];
    const policyRevision = this.policy.policy().revision;
    const release = mailRelease(mail, { ticket, policyRevision, time });
    return { journalId: uuidV7(), ticket, ownerId: mail.reader.ownerIds[0], release, time };
  }

  private async conclusion(download: OpenDownload, revision: bigint, { result, reason }: DownloadOutcome) {
    const { journalId } = download;
    const outcome = releaseMessage({ outcome: outcomeWithoutData(result, this.clock.now(), reason) });
    // Then it is a stream of its own that names the first.
    const isLate = mayBeClosed(journalId, this.clock.now());
    const append = await this.appendOf(download, 'DocumentOpeningConcluded', 'concluded', outcome, isLate);
    return {
      appends: [isLate ? append : { ...append, expectedRevision: revision }],
      answer: null,
      writeRows: (tx: Tx) => tx.execute(DELETE_OPEN, [journalId]),
    };
  }

  private async revisionOf(journalId: string): Promise<bigint> {
    return (await this.store.readStream(journalId)).at(-1)?.revision ?? 1n;
  }

  private async appendOf(
    { journalId, ownerId }: Pick<OpenDownload, 'journalId' | 'ownerId'>,
    type: string,
    step: OpeningStep,
    release: Release,
    isLate = false,
  ): Promise<StreamAppend> {
    const sealed = await this.sealer.sealForSubject(
      ownerId,
      Releases.encode({ releases: [release] }).finish(),
      openingPlace(journalId, step),
    );
    const events = [{ type, data: { ownerId, sealed, ...(isLate ? { journalId } : {}) } }];
    return {
      streamId: isLate ? uuidV7() : journalId,
      streamType: 'journal',
      log: 'journal',
      routingKey: ownerId,
      expectedRevision: 0n,
      events,
    };
  }
}

/** What is written before something is shown. @throws Unavailable when it fails or takes too long: then nothing is shown */
export const beforeShowing = async <Result>(work: Promise<Result>): Promise<Result> => {
  try {
    return await withTimeout(TIMEOUT_MS, work);
  } catch (error) {
    if (KNOWN.some((known) => error instanceof known)) throw error;
    const failure = new Unavailable('JOURNAL_UNAVAILABLE', 'the access journal cannot be written; nothing was shown', {
      retryAfterMs: 1_000,
    });
    failure.cause = error;
    throw failure;
  }
};

const KNOWN = [GrpcFailure, Rejection, RequestIdReused, WrongExpectedRevision] as const;
