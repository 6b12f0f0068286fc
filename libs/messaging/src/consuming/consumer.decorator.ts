import type { Tx } from '@crossroads/database';
import type { TopicName } from '@crossroads/topology';
import { Injectable } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import type { CloudEvent } from '../broker/broker.js';
import type { LostPerson } from './lost-persons.js';

/** What was read from one message. */
export interface Reading<Item> {
  /** Handled even when `unreadable` is set: the readable part of a message is not held back by the rest. */
  readonly items: readonly Item[];
  /** A reason code, when the message or a part of it cannot be read. The message is parked, and so is what follows under its key. */
  readonly unreadable?: string;
}

/** Handles the events of a topic, each exactly once. Those of one partition come in their order; a batch may hold several partitions. */
export interface EventConsumer<Item> {
  /** Reads opened events, also those that came in a bundle: one `Reading` for each, in their order. Runs outside the transaction, so it may call other services. */
  read(events: readonly CloudEvent[]): Promise<readonly Reading<Item>[]> | readonly Reading<Item>[];
  /** Runs in the transaction that stores the places. When it throws, the batch is delivered again, each partition by itself. */
  handle(items: readonly Item[], tx: Tx): Promise<unknown>;
  /**
   * The publisher was restored to an older state and no longer has these events, which this consumer has handled (`main.js resync`). Finds
   * out what is concerned, outside the transaction and also without `--confirm`. Events after `after` that the log still has come again,
   * so an event is known by its source and id. Without it what was handled stays as it is.
   */
  onPhantoms?(phantoms: PhantomRange, log: RestoredLog): Promise<PhantomWork>;
}

/** What becomes of phantoms. */
export interface PhantomWork {
  /** Runs in the transaction that goes on from the last common place. */
  readonly apply: (tx: Tx) => Promise<unknown>;
  /** For who resynchronizes; names persons by `personId` only. */
  readonly report: readonly string[];
  /** Whom the source has to state again: what was handled of them was passed on. */
  readonly lost?: readonly LostPerson[];
}

/** Events that were taken from a log that was restored to an older state since. */
export interface PhantomRange {
  readonly topic: string;
  readonly partition: number;
  /** The `source` of the events. */
  readonly source: string;
  readonly logId: string;
  /** The last place known that the log still has. */
  readonly after: bigint;
  /** The last place that was taken. */
  readonly upTo: bigint;
  /** What was handled before this instant, by the clock of the consumer's database, is no phantom. */
  readonly since: Date;
}

/** The log as it is now; events are opened, and in their order. */
export interface RestoredLog {
  /** All events of a partition of the topic. */
  all(partition: number): AsyncIterable<CloudEvent>;
  /** The events of the partition that could have been handled after `since`. */
  recent(): AsyncIterable<CloudEvent>;
}

export interface ConsumerOptions {
  /** The types of messages that it handles; others on the topic are skipped. @default all */
  readonly types?: readonly string[];
  /** Its events are handled although older ones under their key are parked. @default false */
  readonly passesParked?: boolean;
  /** Whether the service redrives parked messages when it starts. @default true */
  readonly redriveAtStart?: boolean;
}

export const ConsumerOf = DiscoveryService.createDecorator<
  { readonly topics: readonly TopicName[] } & ConsumerOptions
>();

/**
 * Makes a provider the consumer of a topic, or of several, from its first event on. The processes of the service share its partitions. A
 * service may have several consumers of one topic, each of its own types.
 */
export const Consumer =
  (topics: TopicName | readonly TopicName[], options: ConsumerOptions = {}) =>
  <C extends new (...args: never[]) => EventConsumer<unknown>>(type: C): void => {
    Injectable()(type);
    ConsumerOf({ topics: typeof topics === 'string' ? [topics] : topics, ...options })(type);
  };
