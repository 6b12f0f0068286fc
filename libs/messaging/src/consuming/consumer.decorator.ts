import type { Tx } from '@crossroads/database';
import type { TopicName } from '@crossroads/topology';
import { Injectable } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import type { CloudEvent } from '../broker/broker.js';

/** What one message says. What is unreadable is parked, as it came, with what follows it under its key; the items count all the same. */
export interface Reading<Item> {
  readonly items: readonly Item[];
  /** Why it, or a part of it, cannot be read. */
  readonly unreadable?: string;
}

/** Takes the messages of a topic, each exactly once. */
export interface EventConsumer<Item> {
  /** Of each message, in their order, opened. Outside the transaction: whoever has to be asked is asked here. */
  read(events: readonly CloudEvent[]): Promise<readonly Reading<Item>[]> | readonly Reading<Item>[];
  /** In the transaction that keeps how far the topic was read. Throwing brings the batch again. */
  handle(items: readonly Item[], tx: Tx): Promise<unknown>;
}

export interface ConsumerOptions {
  /** Types of the messages that it takes; others on the topic are skipped. @default all */
  readonly types?: readonly string[];
  /** Whether each start tries again what is parked. @default true */
  readonly redriveAtStart?: boolean;
}

export const ConsumerOf = DiscoveryService.createDecorator<{ readonly topic: TopicName } & ConsumerOptions>();

/** Makes a provider the consumer of a topic: followed from its producers' beginning, by one process of the service at a time. */
export const Consumer =
  (topic: TopicName, options: ConsumerOptions = {}) =>
  <C extends new (...args: never[]) => EventConsumer<unknown>>(type: C): void => {
    Injectable()(type);
    ConsumerOf({ topic, ...options })(type);
  };
