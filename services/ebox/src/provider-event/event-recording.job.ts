import { ProviderEventKind } from '@crossroads/contracts/ebox/v1/events';
import { Database, type Tx } from '@crossroads/database';
import { LogFollower, type Logged, LogReader, LogWork, type Recorded } from '@crossroads/eventsourcing';
import { warn } from '@crossroads/grpc';
import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { type MessageEvent, messageStreams } from '../message/message.decider.js';
import { type NewProviderEvent, ProviderEventNumbering } from './provider-event-numbering.js';

/** Reads the log, and gives each event that a provider learns of its number: exactly once, with the place in the log. */
@Injectable()
export class EventRecordingJob implements OnApplicationBootstrap, OnModuleDestroy {
  private follower: LogFollower | undefined;

  constructor(
    private readonly db: Database,
    private readonly log: LogReader,
    private readonly work: LogWork,
    private readonly numbering: ProviderEventNumbering,
  ) {}

  onApplicationBootstrap(): void {
    const { db, log, work } = this;
    this.follower = new LogFollower({
      db,
      log,
      stamper: work.stamper,
      leases: work.leases,
      name: 'main',
      reader: 'provider-events',
      handle: (batch, tx) => this.record(batch, tx),
      onError: warn('provider events'),
    });
  }

  async onModuleDestroy(): Promise<void> {
    await this.follower?.close();
  }

  /** Messages lie in several partitions: what happened to those of one provider is numbered in the order of the inserts. */
  private async record(batch: readonly Logged[], tx: Tx): Promise<void> {
    const inserted = batch.toSorted((one, other) => Number(one.serial - other.serial));
    const events = inserted.flatMap((recorded): NewProviderEvent[] => {
      const kind = kindOf(recorded);
      return kind === undefined ? [] : [{ kind, messageId: recorded.streamId, at: recorded.recordedAt }];
    });
    await this.numbering.append(tx, events);
  }
}

/** @throws TypeError for a type that this version does not know: the follower stops there, visibly. */
const kindOf = ({ streamType, type, data }: Recorded): ProviderEventKind | undefined => {
  if (streamType !== messageStreams.type) return undefined;
  // Stored and read unchanged.
  const event = { type, data } as MessageEvent;
  switch (event.type) {
    case 'MessagePublished':
      return ProviderEventKind.PROVIDER_EVENT_KIND_NEW_DOCUMENT;
    case 'MessageReminded':
      return ProviderEventKind.PROVIDER_EVENT_KIND_NEW_DOCUMENT_REMINDER;
    case 'MessageExpirationAlerted':
      return ProviderEventKind.PROVIDER_EVENT_KIND_DOCUMENT_EXPIRATION_ALERT;
    case 'MessageRead':
      return event.data.first ? ProviderEventKind.PROVIDER_EVENT_KIND_READ_DOCUMENT : undefined;
    case 'MessageMarkedUnread':
    case 'MessageHidden':
    case 'MessageShown':
      return undefined;
  }
  throw new TypeError(`no rule for events of type ${type}`);
};
