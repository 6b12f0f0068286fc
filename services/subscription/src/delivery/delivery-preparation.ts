import { Clock } from '@crossroads/configuration';
import { isRejection } from '@crossroads/eventsourcing/decider';
import { SubjectSealer } from '@crossroads/privacy';
import { ReceiptSigner } from '@crossroads/transparency/nest';
import { Injectable } from '@nestjs/common';
import { type JournalEntry, journalEntryOf } from '../journal/delivered-access.message.js';
import { journaledItem } from '../journal/delivery-journal.js';
import type { DecidedDelivery, PreparedDelivery } from './decided-delivery.js';
import { contentBytes, sealPlace } from './delivery.message.js';

/** As many as one signature of receipts is for. The event loop is yielded between two chunks. */
const CHUNK_SIZE = 128;

/** Records, signs and seals deliveries before the transaction that numbers them, in which they would hold locks meanwhile. */
@Injectable()
export class DeliveryPreparation {
  constructor(
    private readonly sealer: SubjectSealer,
    private readonly signer: ReceiptSigner,
    private readonly clock: Clock,
  ) {}

  /** In the order given. Nothing of a person who was erased is delivered any more. */
  async prepare(deliveries: readonly DecidedDelivery[]): Promise<(PreparedDelivery | undefined)[]> {
    const prepared: (PreparedDelivery | undefined)[] = [];
    for (let from = 0; from < deliveries.length; from += CHUNK_SIZE)
      prepared.push(...(await this.prepareChunk(deliveries.slice(from, from + CHUNK_SIZE))));
    return prepared;
  }

  private async prepareChunk(deliveries: readonly DecidedDelivery[]): Promise<(PreparedDelivery | undefined)[]> {
    const now = this.clock.now();
    const recorded = await Promise.all(
      deliveries.map(async (delivery) => {
        const entry = journalEntryOf(delivery, now);
        return { delivery, entry, content: contentBytes(delivery, entry, await this.signer.sign(entry.delivery)) };
      }),
    );
    return this.seal(recorded);
  }

  /** In the order given; nothing for a person who was erased. */
  seal(recorded: readonly RecordedDelivery[]): Promise<(PreparedDelivery | undefined)[]> {
    return this.sealAll(recorded).catch((error: unknown): Promise<(PreparedDelivery | undefined)[]> => {
      if (!isForgotten(error)) throw error;
      return Promise.all(recorded.map((one) => this.sealUnlessForgotten(one)));
    });
  }

  private async sealUnlessForgotten(recorded: RecordedDelivery): Promise<PreparedDelivery | undefined> {
    try {
      return (await this.sealAll([recorded]))[0];
    } catch (error) {
      if (isForgotten(error)) return undefined;
      throw error;
    }
  }

  private async sealAll(recorded: readonly RecordedDelivery[]): Promise<PreparedDelivery[]> {
    const sealed = await this.sealer.sealAllForSubjects([
      ...recorded.map(({ entry }) => journaledItem(entry)),
      ...recorded.map(({ entry, content }) => contentItem(entry, content)),
    ]);
    return recorded.map(({ delivery, entry }, index) => ({
      subscriptionId: delivery.subscriptionId,
      lane: delivery.lane,
      ceSource: delivery.ceSource,
      ceId: delivery.ceId,
      ...(delivery.traceparent === undefined ? {} : { traceparent: delivery.traceparent }),
      ...(delivery.replayOf === undefined ? {} : { replayOf: delivery.replayOf }),
      ...(delivery.join === undefined ? {} : { join: delivery.join }),
      access: { entry, sealed: sealed[index] ?? '' },
      body: sealed[recorded.length + index] ?? '',
    }));
  }
}

export interface RecordedDelivery {
  readonly delivery: Pick<
    DecidedDelivery,
    'subscriptionId' | 'lane' | 'ceSource' | 'ceId' | 'traceparent' | 'replayOf' | 'join'
  >;
  readonly entry: JournalEntry;
  readonly content: Uint8Array;
}

const isForgotten = (error: unknown): boolean => isRejection(error) && error.reason === 'SUBJECT_FORGOTTEN';

const contentItem = ({ personId, journalId }: JournalEntry, value: Uint8Array) => ({
  personId,
  value,
  aad: sealPlace(journalId),
});
