import type { LogName, Upcasters } from '@crossroads/eventsourcing';
import type { TopicName } from '@crossroads/topology';
import { Injectable } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import type { PublishedTypes } from './publication.js';

/** Says which events of a service's log others may see, and in what form. */
export interface EventPublisher {
  readonly types: PublishedTypes;
  /** Of the types that have had another schema. */
  readonly upcasters?: Upcasters;
}

export interface PublisherOptions {
  /** The topics, each with the log whose events it gets. */
  readonly topics: Readonly<Partial<Record<TopicName, LogName>>>;
  /** Milliseconds from one batch to the next: longer makes larger batches. @default 5 */
  readonly paceMs?: number;
}

export const PublisherOf = DiscoveryService.createDecorator<PublisherOptions>();

/** Makes a provider the publisher of the service: the relay publishes by it, and `Events/Read` serves it. One a service. */
export const Publisher =
  (options: PublisherOptions) =>
  <C extends new (...args: never[]) => EventPublisher>(type: C): void => {
    Injectable()(type);
    PublisherOf(options)(type);
  };
