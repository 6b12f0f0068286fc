import type { AclEntry } from 'kafkajs';

/** A topic as it is created. */
export interface NewTopic {
  readonly name: string;
  readonly partitions: number;
  readonly retentionDays: number;
}

/** What one principal may, or may not, do to one thing of the broker: an ACL of Kafka. */
export type BrokerRight = Readonly<AclEntry>;

/** What only the broker-keeper does to a broker. Each call fails after ten seconds. */
export interface BrokerAdministration {
  /** How many partitions each topic has, by name. */
  topics(): Promise<ReadonlyMap<string, number>>;
  /** One that exists stays as it is. */
  createTopics(topics: readonly NewTopic[]): Promise<void>;
  /** Undefined: this broker has none. */
  rights(): Promise<readonly BrokerRight[] | undefined>;
  grant(rights: readonly BrokerRight[]): Promise<void>;
  revoke(rights: readonly BrokerRight[]): Promise<void>;
  close(): Promise<void>;
}
