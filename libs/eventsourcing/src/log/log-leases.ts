import type { Database } from '@crossroads/database';
import type { HeldPartitions } from './log-stamper.js';
import { partitionsOf } from './partitions.js';

/** The partitions of the service's log, shared among its processes. */
export interface LogLeases extends HeldPartitions {
  /** Gives a partition back, which this process cannot work on until it restarts. */
  refuse(partition: number): void;
  close(): Promise<void>;
}

export const holdLog = ({ leases }: Pick<Database, 'leases'>): LogLeases => {
  const share = leases.hold('log', partitionsOf('main', 'journal'));
  return {
    holder: leases.holder,
    held: () => share.held(),
    refuse: (partition) => share.refuse(partition),
    close: () => share.close(),
  };
};
