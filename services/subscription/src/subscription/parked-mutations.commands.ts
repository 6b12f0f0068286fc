import { Database } from '@crossroads/database';
import { Commands, PostgresEventStore, type RequestKey } from '@crossroads/eventsourcing';
import { Consumers, listParked, type Parked } from '@crossroads/messaging';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';

const redriven = z.object({
  redriven: z.number(),
  /** Persons with a mutation that still cannot be read. */
  stillParked: z.number(),
});

/** What administrators see and do of mutations that could not be read. */
@Injectable()
export class ParkedMutations {
  private readonly commands: Commands;

  constructor(
    private readonly db: Database,
    private readonly consumers: Consumers,
    store: PostgresEventStore,
  ) {
    this.commands = new Commands(store);
  }

  /** In the order of parking, after a place. */
  list(after: bigint, limit: number): Promise<Parked[]> {
    return listParked(this.db, { after, limit });
  }

  /** Of one person or all; each person's in their order. A repeated request gets the first answer, and redrives nothing. */
  redrive(personId: string | undefined, request: RequestKey): Promise<z.infer<typeof redriven>> {
    return this.commands.execute({
      request,
      answerCodec: redriven,
      decide: async () => {
        const { handled, blocked } = await this.consumers.redrive(personId);
        return { appends: [], answer: { redriven: handled, stillParked: blocked } };
      },
    });
  }
}
