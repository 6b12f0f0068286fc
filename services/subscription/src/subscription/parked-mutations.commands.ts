import { Commands, type RequestKey } from '@crossroads/eventsourcing';
import { Consumers, type ParkedMessage, ParkedMessageRepository } from '@crossroads/messaging';
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
  constructor(
    private readonly commands: Commands,
    private readonly consumers: Consumers,
    private readonly parked: ParkedMessageRepository,
  ) {}

  /** In the order of parking, after a position. */
  list(after: bigint, limit: number): Promise<ParkedMessage[]> {
    return this.parked.page({ after, limit });
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
