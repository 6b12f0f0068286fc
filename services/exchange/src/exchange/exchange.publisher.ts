import { PostgresEventStore, type Recorded } from '@crossroads/eventsourcing';
import { type EventPublisher, Publisher } from '@crossroads/messaging';
import { SubjectSealer } from '@crossroads/privacy';
import { exchange } from '@crossroads/topology';
import { RecordSeals } from '../journal/sealed-record.js';
import { published } from './published.js';

/** What comes in a quarter of a second travels together to the access log, which takes it in one transaction. */
@Publisher({ name: exchange.name, paceMs: 250 })
export class ExchangePublisher implements EventPublisher {
  private readonly publish;

  constructor(sealer: SubjectSealer, seals: RecordSeals, store: PostgresEventStore) {
    this.publish = published(sealer, seals, store);
  }

  published(recorded: Recorded) {
    return this.publish(recorded);
  }
}
