import { type HeldPartitions, logOf } from '@crossroads/eventsourcing';
import { observe } from '@crossroads/telemetry';
import type { PublishedLog } from './published-log.js';
import type { RelayedPartition } from './relayed-partition.js';

interface ObservedRelay extends Pick<PublishedLog, 'topics'> {
  readonly leases: HeldPartitions;
  readonly partitions: ReadonlyMap<number, RelayedPartition>;
  readonly refused: ReadonlySet<number>;
}

/** Metrics of what this process publishes. Returns what ends them. */
export const observeRelay = ({ topics, leases, partitions, refused }: ObservedRelay): (() => void) => {
  const stops = [
    observe('crossroads.relay.lag.seconds', () =>
      [...topics].map(([topic, name]) => {
        const oldest = [...partitions.values()]
          .filter(({ partition }) => logOf(partition) === name)
          .flatMap(({ oldestWaiting }) => oldestWaiting?.getTime() ?? []);
        return { value: Math.max(0, (Date.now() - Math.min(Date.now(), ...oldest)) / 1_000), of: { topic } };
      }),
    ),
    observe('crossroads.log.needs_newer_version', () => refused.size),
    observe('crossroads.log.partitions_held', () =>
      (['main', 'journal'] as const).map((log) => ({
        value: [...leases.held().keys()].filter((partition) => logOf(partition) === log).length,
        of: { log },
      })),
    ),
  ];
  return () => {
    for (const stop of stops) stop();
  };
};
