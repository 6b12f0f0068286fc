import { randomUUID } from 'node:crypto';
import { LogOpened } from '@crossroads/contracts/events/v1/log_opened';
import { type LogPlace, type Place, topicPartitionOf } from '@crossroads/eventsourcing';
import type { CloudEvent } from './broker.js';
import { placeMessageOf, placeOfMessage } from './event-message.js';

/** A process has begun to publish a partition. It says where the log stands, so that readers notice one that was restored. */
const LOG_OPENED = 'crossroads.events.v1.logs.notify.opened';

export interface OpenedLog {
  /** URN of the service. */
  readonly source: string;
  /** The process that holds the partition, and the token of its lease. */
  readonly holder: string;
  readonly token: bigint;
  readonly logId: string;
  /** Of the log. */
  readonly partition: number;
  readonly head: Place;
}

export const logOpenedEvent = ({ source, holder, token, logId, partition: ofLog, head }: OpenedLog): CloudEvent => {
  const partition = topicPartitionOf(ofLog);
  const opened = { holder, token, head: placeMessageOf({ logId, partition, ...head }) };
  return {
    id: randomUUID(),
    source,
    type: LOG_OPENED,
    service: 'crossroads.events.v1',
    time: new Date(),
    key: holder,
    partition,
    data: LogOpened.encode(opened).finish(),
  };
};

export const isLogOpened = ({ type }: CloudEvent): boolean => type === LOG_OPENED;

/** Where the log stood; undefined when the message cannot be read. */
export const headOf = ({ data }: CloudEvent): LogPlace | undefined => {
  try {
    const { head } = LogOpened.decode(data);
    return head && placeOfMessage(head);
  } catch {
    return undefined;
  }
};
