import type { Recorded } from '@crossroads/eventsourcing';
import { Injectable } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import type { Published } from './publication.js';

/** What of a service's log others may see. */
export interface EventPublisher {
  published(recorded: Recorded): ReturnType<Published>;
}

export interface PublisherOptions {
  /** Of the relay: its checkpoint's. */
  readonly name: string;
  /** Milliseconds in which what comes travels together. */
  readonly paceMs?: number;
  readonly batchSize?: number;
}

export const PublisherOf = DiscoveryService.createDecorator<PublisherOptions>();

/** Makes a provider what the log is published by: on the bus by a relay, and from the beginning by `Events/Read`. One a service. */
export const Publisher =
  (options: PublisherOptions) =>
  <C extends new (...args: never[]) => EventPublisher>(type: C): void => {
    Injectable()(type);
    PublisherOf(options)(type);
  };
