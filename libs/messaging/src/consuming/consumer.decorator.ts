import type { Tx } from '@crossroads/database';
import type { TopicName } from '@crossroads/topology';
import { Injectable } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import type { CloudEvent } from '../broker/broker.js';

/** What was read from one message. */
export interface Reading<Item> {
  /** Handled even when `unreadable` is set: the readable part of a message is not held back by the rest. */
  readonly items: readonly Item[];
  /** A reason code, when the message or a part of it cannot be read. The message is parked, and so is what follows under its key. */
  readonly unreadable?: string;
}

/** Handles the messages of a topic, each exactly once. */
export interface EventConsumer<Item> {
  /** Reads opened messages: one `Reading` for each, in their order. Runs outside the transaction, so it may call other services. */
  read(events: readonly CloudEvent[]): Promise<readonly Reading<Item>[]> | readonly Reading<Item>[];
  /** Runs in the transaction that stores the cursor. When it throws, the batch is delivered again. */
  handle(items: readonly Item[], tx: Tx): Promise<unknown>;
}

export interface ConsumerOptions {
  /** The types of messages that it handles; others on the topic are skipped. @default all */
  readonly types?: readonly string[];
  /** Whether the service redrives parked messages when it starts. @default true */
  readonly redriveAtStart?: boolean;
}

export const ConsumerOf = DiscoveryService.createDecorator<{ readonly topic: TopicName } & ConsumerOptions>();

/** Makes a provider the consumer of a topic, from its first event on. One process of the service consumes at a time. */
export const Consumer =
  (topic: TopicName, options: ConsumerOptions = {}) =>
  <C extends new (...args: never[]) => EventConsumer<unknown>>(type: C): void => {
    Injectable()(type);
    ConsumerOf({ topic, ...options })(type);
  };
