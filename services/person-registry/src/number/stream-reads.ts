import { BatchingReader, PostgresEventStore } from '@crossroads/eventsourcing';
import { Injectable } from '@nestjs/common';

/** Reads streams; concurrent reads share a query. */
@Injectable()
export class StreamReads extends BatchingReader {
  constructor(store: PostgresEventStore) {
    super(store);
  }
}
