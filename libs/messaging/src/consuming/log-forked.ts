import type { LogPlace } from '@crossroads/eventsourcing';

/** The publisher's log was restored: it no longer has the place that this reader has reached. The partition stops until a resync. */
export class LogForked extends Error {
  override readonly name = 'LogForked';

  constructor(
    readonly topic: string,
    /** The reader's place. */
    readonly place: LogPlace,
    readonly why: 'BEYOND_HEAD' | 'OTHER_HASH',
  ) {
    super(
      `LOG_FORKED: ${topic} partition ${place.partition} was read to position ${place.position} of log ${place.logId}, ` +
        `which ${why === 'BEYOND_HEAD' ? 'now ends before it' : 'has another event there'}; see docs/runbooks/log-forked.md`,
    );
  }
}
