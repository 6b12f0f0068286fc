import type { ServiceName } from './services.js';

/** One topic of the mesh. */
export interface Topic {
  readonly producers: readonly ServiceName[];
  /** Who may read it, on the bus and by `Events/Read` of its producers. */
  readonly readers: readonly ServiceName[];
  readonly retentionDays: number;
  /** Bodies are AES-256-GCM under a key that producers and readers hold, nobody else. */
  readonly sealed: boolean;
  /** Many events a second: the relay puts several into one message, and readers take them out (`unbundled`). */
  readonly bundled: boolean;
  /** What the key of a message is. */
  readonly key: string;
}

/** Who writes and who reads which topic. */
export const TOPICS = {
  'crossroads.person.v1': {
    producers: ['person-registry'],
    readers: ['reference-directory', 'subscription'],
    retentionDays: 7,
    sealed: true,
    bundled: false,
    key: 'personId',
  },
  'crossroads.directory.v1': {
    producers: ['reference-directory'],
    readers: ['subscription'],
    retentionDays: 7,
    sealed: false,
    bundled: false,
    key: 'personId',
  },
  'crossroads.mutation.v1': {
    producers: ['exchange'],
    readers: ['subscription'],
    retentionDays: 7,
    sealed: true,
    bundled: false,
    key: 'personId',
  },
  'crossroads.access.v1': {
    producers: ['exchange', 'subscription'],
    readers: ['access-audit'],
    retentionDays: 7,
    sealed: true,
    bundled: true,
    key: 'journal id, or that of a bundle',
  },
} as const satisfies Readonly<Record<string, Topic>>;

export type TopicName = keyof typeof TOPICS;

const isTopicName = (name: string): name is TopicName => Object.hasOwn(TOPICS, name);

export const TOPIC_NAMES: readonly TopicName[] = Object.keys(TOPICS).filter(isTopicName);

/** Topics whose bodies are sealed: they tell of persons, and the broker's disks are nobody's business. */
export const SEALED_TOPICS: readonly TopicName[] = TOPIC_NAMES.filter((name) => TOPICS[name].sealed);

export const BUNDLED_TOPICS: readonly TopicName[] = TOPIC_NAMES.filter((name) => TOPICS[name].bundled);

/** One topic for each subscriber, made when it first subscribes, read by its own registered applications only. */
export const DELIVERIES = {
  prefix: 'crossroads.deliveries.',
  producer: 'subscription',
  retentionDays: 30,
  key: "the subscriber's pseudonym of the person",
} as const satisfies { readonly producer: ServiceName } & Record<string, unknown>;

/** Its topics of the table, without those of {@link DELIVERIES}. */
export const producedBy = (service: ServiceName): readonly TopicName[] =>
  TOPIC_NAMES.filter((name) => producersOf(name).includes(service));

export const readBy = (service: ServiceName): readonly TopicName[] =>
  TOPIC_NAMES.filter((name) => readersOf(name).includes(service));

export const producersOf = (topic: TopicName): readonly ServiceName[] => TOPICS[topic].producers;

export const readersOf = (topic: TopicName): readonly ServiceName[] => TOPICS[topic].readers;

/** Whether a caller (any string: a certificate's name) may read a topic (any string: a request's field). */
export const mayRead = (service: string, topic: string): boolean =>
  isTopicName(topic) && readersOf(topic).some((reader) => reader === service);
