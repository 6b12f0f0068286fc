/** The partitions of each log and of each topic of the mesh; fixed when they are created. */
export const PARTITIONS = 16;

/** One topic of the mesh. Who writes and who reads it is in the files of the services. */
export interface Topic {
  readonly retentionDays: number;
  /** Bodies are AES-256-GCM under a key that only producers and readers have. */
  readonly sealed: boolean;
  /** Many events a second: the relay puts several into one message, and readers take them out (`unbundled`). */
  readonly bundled: boolean;
  /** What the key of a message is. */
  readonly key: string;
}

/** Changes of persons and of their numbers. */
export const PERSON_TOPIC = 'crossroads.person.v1';
/** Changes that authentic sources report. */
export const MUTATION_TOPIC = 'crossroads.mutation.v1';
/** On `PERSON_TOPIC`: a person is to be erased. */
export const ERASURE_ORDERED = `${PERSON_TOPIC}.persons.notify.erasure_ordered`;
/** On `PERSON_TOPIC`: officials took a step about the numbers of a person, who is told of it. */
export const PROPOSAL_STATED = `${PERSON_TOPIC}.persons.notify.proposal_stated`;
/** On `PERSON_TOPIC`: a person looked at what the registry keeps about them. */
export const OWN_PERSON_LOOKED = `${PERSON_TOPIC}.persons.notify.looked`;
/** Access records. Each service with a journal of accesses has a topic of its own: a topic has one producer. */
export const EXCHANGE_ACCESS_TOPIC = 'crossroads.access.exchange.v1';
export const SUBSCRIPTION_ACCESS_TOPIC = 'crossroads.access.subscription.v1';
export const EBOX_ACCESS_TOPIC = 'crossroads.access.ebox.v1';
/** Of the reference directory: whom institutions inscribed. */
export const DIRECTORY_ACCESS_TOPIC = 'crossroads.access.directory.v1';
export const ACCESS_TOPICS = [
  EXCHANGE_ACCESS_TOPIC,
  SUBSCRIPTION_ACCESS_TOPIC,
  EBOX_ACCESS_TOPIC,
  DIRECTORY_ACCESS_TOPIC,
] as const;
/** `service` of the events on all of them, and the beginning of their types: they have one contract. */
export const ACCESS_EVENTS = 'crossroads.access.v1';

const ACCESSES = { retentionDays: 7, sealed: true, bundled: true, key: 'journal id, or that of a bundle' };

export const TOPICS = {
  [PERSON_TOPIC]: { retentionDays: 7, sealed: true, bundled: false, key: 'personId' },
  [MUTATION_TOPIC]: { retentionDays: 7, sealed: true, bundled: false, key: 'personId' },
  [EXCHANGE_ACCESS_TOPIC]: ACCESSES,
  [SUBSCRIPTION_ACCESS_TOPIC]: ACCESSES,
  [EBOX_ACCESS_TOPIC]: ACCESSES,
  [DIRECTORY_ACCESS_TOPIC]: ACCESSES,
} as const satisfies Readonly<Record<string, Topic>>;

export type TopicName = keyof typeof TOPICS;

export const isTopicName = (name: string): name is TopicName => Object.hasOwn(TOPICS, name);

export const TOPIC_NAMES: readonly TopicName[] = Object.keys(TOPICS).filter(isTopicName);

/** Topics whose bodies are sealed, because they hold data about persons, which must not lie readable on the broker's disks. */
export const SEALED_TOPICS: readonly TopicName[] = TOPIC_NAMES.filter((name) => TOPICS[name].sealed);

export const BUNDLED_TOPICS: readonly TopicName[] = TOPIC_NAMES.filter((name) => TOPICS[name].bundled);

/** Topics of which each institution has its own, read by its own registered applications only. */
export interface InstitutionTopics {
  readonly prefix: string;
  /** Of each. What is written may use fewer of them. */
  readonly partitions: number;
  readonly retentionDays: number;
  /** What the key of a message is. */
  readonly key: string;
}

/** Changes of persons, for each subscriber. */
export const DELIVERIES: InstitutionTopics = {
  prefix: 'crossroads.deliveries.',
  // As many as a subscriber may choose lanes.
  partitions: 16,
  retentionDays: 30,
  key: "the subscriber's pseudonym of the person",
};

/** What happened to messages in mailboxes, for each document provider. */
export const EBOX_EVENTS: InstitutionTopics = {
  prefix: 'crossroads.ebox.',
  partitions: 1,
  retentionDays: 30,
  key: "the provider's pseudonym of the mailbox",
};

export const INSTITUTION_TOPICS: readonly InstitutionTopics[] = [DELIVERIES, EBOX_EVENTS];

/** What the names of all topics of the mesh begin with. */
export const TOPIC_PREFIX = 'crossroads.';

/** The topic of one institution, by its enterprise number. */
export const topicOfInstitution = ({ prefix }: InstitutionTopics, enterpriseNumber: string): string =>
  `${prefix}${enterpriseNumber}.v1`;
