import type { Database } from '@crossroads/database';
import type { LogEvent, View } from '@crossroads/eventsourcing';
import type { CloudEvent } from '@crossroads/messaging';
import type { TopicName } from '@crossroads/topology';
import type { Type } from '@nestjs/common';

/** A view whose rows are written in the transaction that appends to the service's own main log. */
export interface ViewOfLog extends View<LogEvent> {
  readonly from: 'log';
}

/** A view that the service's consumer of a topic writes. Rebuilt by `Events/Read` of the topic's publisher. */
export interface ViewOfTopic extends View<CloudEvent> {
  readonly from: TopicName;
}

/** A provider of the service, whose application is created, and not started, when it is first asked for. */
export type ProviderOf = <Provider>(type: Type<Provider>) => Promise<Provider>;

/** The views of a service that can be rebuilt, by name, for `main.js rebuild <view>`. @param db of the role that owns the schema */
export type ViewsOf = (db: Database, providerOf: ProviderOf) => Readonly<Record<string, ViewOfLog | ViewOfTopic>>;
