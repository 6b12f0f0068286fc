import { SERVICES, type ServiceName, serviceNamed } from './services/index.js';
import { ACCESS_TOPICS, isTopicName, type TopicName } from './topics.js';

/** Topics that a service writes, without those of subscribers. */
export const producedBy = (service: ServiceName): readonly TopicName[] => serviceNamed(service).publishes;

export const readBy = (service: ServiceName): readonly TopicName[] => serviceNamed(service).reads;

/** The one service that writes a topic. */
export const producerOf = (topic: TopicName): ServiceName => {
  const [producer, another] = SERVICES.filter((service) => producedBy(service).includes(topic));
  if (producer === undefined || another !== undefined) throw new Error(`${topic} must have one producer`);
  return producer;
};

export const readersOf = (topic: TopicName): readonly ServiceName[] =>
  SERVICES.filter((service) => readBy(service).includes(topic));

/** The topic of its access records, if it keeps a journal of accesses. */
export const accessTopicOf = (service: ServiceName): TopicName | undefined =>
  ACCESS_TOPICS.find((topic) => producedBy(service).includes(topic));

/** Whether it writes or reads any topic. */
export const usesTopics = (service: ServiceName): boolean =>
  producedBy(service).length + readBy(service).length > 0 || serviceNamed(service).institutionTopics !== undefined;

/** Whether it connects to the broker. */
export const usesKafka = (service: ServiceName): boolean =>
  usesTopics(service) || serviceNamed(service).administersBroker;

/** Whether a caller (any string: a certificate's name) may read a topic (any string: a request's field). */
export const mayRead = (service: string, topic: string): boolean =>
  isTopicName(topic) && readersOf(topic).some((reader) => reader === service);
