import { Clock } from '@crossroads/configuration';
import { Releases } from '@crossroads/contracts/access/v1/access_record';
import type { Tx } from '@crossroads/database';
import { mayBeClosed, PostgresEventStore, uuidV7 } from '@crossroads/eventsourcing';
import { SubjectSealer } from '@crossroads/privacy';
import { releaseMessage } from '@crossroads/transparency';
import { Injectable } from '@nestjs/common';
import type { RecordedReason } from '@crossroads/policy';
import { type JournalEntry, withheldOutcome } from './delivered-access.message.js';

/** What the seal of a journal event is bound to. */
export const journalPlace = (journalId: string, step: 'journaled' | 'withheld'): string =>
  `journal/${journalId}/${step}`;

/** What is sealed of a delivery for the journal. */
export const journaledItem = ({ personId, journalId, releases }: JournalEntry) => ({
  personId,
  value: Releases.encode({ releases }).finish(),
  aad: journalPlace(journalId, 'journaled'),
});

/** The access journal of deliveries: a stream for each delivery, sealed for its person, salts included. */
@Injectable()
export class DeliveryJournal {
  constructor(
    private readonly store: PostgresEventStore,
    private readonly sealer: SubjectSealer,
    private readonly clock: Clock,
  ) {}

  async append(tx: Tx, entries: readonly { readonly entry: JournalEntry; readonly sealed: string }[]): Promise<void> {
    await this.store.inTransaction(tx).append(
      entries.map(({ entry: { personId, journalId, traceparent }, sealed }) => ({
        streamId: journalId,
        streamType: 'journal',
        log: 'journal',
        routingKey: personId,
        expectedRevision: 0n,
        events: [
          {
            type: 'DeliveryJournaled',
            data: { personId, sealed },
            ...(traceparent === undefined ? {} : { metadata: { traceparent } }),
          },
        ],
      })),
    );
  }

  /** Records that deliveries were not sent after all: in a stream that names the first, when that may take no more events. */
  async withhold(
    tx: Tx,
    deliveries: readonly Pick<JournalEntry, 'personId' | 'journalId'>[],
    reason: RecordedReason,
  ): Promise<void> {
    if (deliveries.length === 0) return;
    const sealed = await this.sealer.sealAllForSubjects(
      deliveries.map(({ personId, journalId }) => ({
        personId,
        value: Releases.encode({
          releases: [releaseMessage({ outcome: withheldOutcome(reason, this.clock.now())() })],
        }).finish(),
        aad: journalPlace(journalId, 'withheld'),
      })),
    );
    await this.store.inTransaction(tx).append(
      deliveries.map(({ personId, journalId }, index) => {
        const isLate = mayBeClosed(journalId, this.clock.now());
        const data = { personId, sealed: sealed[index] ?? '', ...(isLate ? { journalId } : {}) };
        return {
          streamId: isLate ? uuidV7() : journalId,
          streamType: 'journal',
          log: 'journal',
          routingKey: personId,
          expectedRevision: isLate ? 0n : 1n,
          events: [{ type: 'DeliveryWithheld', data }],
        };
      }),
    );
  }
}
