import type { Recorded } from '@crossroads/eventsourcing';
import { Injectable } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import type { Published } from './publication.js';

/** Says which events of a service's log others may see, and in what form. */
export interface EventPublisher {
  published(recorded: Recorded): ReturnType<Published>;
}

export interface PublisherOptions {
  /** Identifies the relay: its checkpoint is stored under this name. */
  readonly name: string;
  /** See `ProcessorOptions.paceMs`. */
  readonly paceMs?: number;
  readonly batchSize?: number;
}

export const PublisherOf = DiscoveryService.createDecorator<PublisherOptions>();

/** Makes a provider the publisher of the service: the relay publishes what it returns, and `Events/Read` serves it. One a service. */
export const Publisher =
  (options: PublisherOptions) =>
  <C extends new (...args: never[]) => EventPublisher>(type: C): void => {
    Injectable()(type);
    PublisherOf(options)(type);
  };
