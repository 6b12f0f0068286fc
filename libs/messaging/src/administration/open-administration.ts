import type { BrokerSettings } from '../bus/open-broker.js';
import { brokersOf } from '../bus/open-broker.js';
import type { BrokerAdministration } from './broker-administration.js';
import { EmbeddedAdministration } from './embedded-administration.js';
import { openKafkaAdministration } from './kafka-administration.js';

/** Of Kafka when its brokers are given, else of the embedded log. @throws when Kafka does not answer */
export const openAdministration = async ({
  kafkaBrokers,
  embeddedLogUrl,
  ...rest
}: BrokerSettings): Promise<BrokerAdministration> => {
  const brokers = brokersOf(kafkaBrokers);
  if (brokers.length > 0) return openKafkaAdministration({ brokers, ...rest });
  if (embeddedLogUrl) return new EmbeddedAdministration({ url: embeddedLogUrl, log: rest.log });
  throw new Error('set KAFKA_BROKERS, or EMBEDDED_LOG_URL where there is no Kafka');
};
