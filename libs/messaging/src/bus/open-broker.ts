import type { Broker } from '../broker/broker.js';
import { openEmbeddedBroker } from '../embedded/embedded-broker.js';
import { openKafkaBroker } from '../kafka/kafka-broker.js';
import type { KafkaTls } from '../kafka/kafka-client.js';
import type { BrokerLog } from '../broker/broker-log.js';

export interface BrokerSettings {
  /** The service's name. */
  readonly clientId: string;
  /** `KAFKA_BROKERS`, comma-separated. */
  readonly kafkaBrokers?: string | undefined;
  readonly tls?: KafkaTls;
  /** `EMBEDDED_LOG_URL`, where there is no Kafka. */
  readonly embeddedLogUrl?: string | undefined;
  readonly log?: BrokerLog;
}

/** The list in `KAFKA_BROKERS`. */
export const brokersOf = (text: string | undefined): string[] =>
  (text ?? '')
    .split(',')
    .map((broker) => broker.trim())
    .filter((broker) => broker !== '');

/** Kafka when its brokers are given, else the embedded log. */
export const openBroker = async ({ kafkaBrokers, embeddedLogUrl, ...rest }: BrokerSettings): Promise<Broker> => {
  const brokers = brokersOf(kafkaBrokers);
  if (brokers.length > 0) return openKafkaBroker({ brokers, ...rest });
  if (embeddedLogUrl) return openEmbeddedBroker({ url: embeddedLogUrl, ...(rest.log ? { log: rest.log } : {}) });
  throw new Error('set KAFKA_BROKERS, or EMBEDDED_LOG_URL where there is no Kafka');
};
