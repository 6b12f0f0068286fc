import type { Database } from '@crossroads/database';
import type { LogEvent, View } from '@crossroads/eventsourcing';
import type { CloudEvent } from '@crossroads/messaging';
import type { TopicName } from '@crossroads/topology';

/** A view whose rows are written in the transaction that appends to the service's own main log. */
export interface ViewOfLog extends View<LogEvent> {
  readonly from: 'log';
}

/** A view that the service's consumer of a topic writes. Rebuilt by `Events/Read` of the topic's publisher. */
export interface ViewOfTopic extends View<CloudEvent> {
  readonly from: TopicName;
}

/** The views of a service that can be rebuilt, by name, for `main.js rebuild <view>`. @param db of the role that owns the schema */
export type ViewsOf = (db: Database) => Readonly<Record<string, ViewOfLog | ViewOfTopic>>;
