import { BatchingReader, PostgresEventStore, type Recorded } from '@crossroads/eventsourcing';
import { Injectable } from '@nestjs/common';

/** Reads streams; concurrent reads share a query. */
@Injectable()
export class StreamReads extends BatchingReader {
  constructor(store: PostgresEventStore) {
    super(store);
  }
}

/** What was recorded of a stream until an instant; all of it when none is given. */
export const recordedUntil = (recorded: readonly Recorded[], instant: Date | undefined): readonly Recorded[] =>
  instant === undefined ? recorded : recorded.filter(({ recordedAt }) => recordedAt <= instant);
