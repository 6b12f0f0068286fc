export * from './broker/broker.js';
export { unbundled } from './broker/bundle.js';
export type { BrokerLog } from './broker/broker-log.js';
export { receivedOf } from './broker/event-message.js';
export * from './broker/topic-sealing.js';
export { openEmbeddedBroker } from './embedded/embedded-broker.js';
export { openKafkaBroker } from './kafka/kafka-broker.js';
export { type KafkaOptions, type KafkaTls, kafkaClient } from './kafka/kafka-client.js';
export * from './bus/bus.js';
export * from './bus/open-broker.js';
export * from './consuming/consume-from.js';
export * from './consuming/consumer.decorator.js';
export * from './consuming/cursors.js';
export { consumedMigrations } from './consuming/cursors.migration.js';
export * from './consuming/inbox.js';
export { observeParked } from './consuming/parked-metrics.js';
export * from './consuming/parking.js';
export { parkingMigrations } from './consuming/parked-messages.migration.js';
export * from './consuming/redrive.js';
export { observeJournal } from './publishing/journal-metrics.js';
export * from './publishing/publication.js';
export { type EventPublisher, Publisher, type PublisherOptions } from './publishing/publisher.decorator.js';
export {
  type EventsReason,
  publishedEvents,
  publishedEvents as eventsController,
} from './publishing/published-events.js';
export * from './publishing/relay.js';
export * from './messaging.module.js';
