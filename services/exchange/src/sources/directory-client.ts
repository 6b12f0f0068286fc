import { type CheckResponse, DirectoryServiceService } from '@crossroads/contracts/directory/v1/directory_service';
import { Batcher } from '@crossroads/eventsourcing';
import { type Connection, InjectClient, RemoteError, Unavailable } from '@crossroads/grpc';
import type { IsoDay } from '@crossroads/identifiers';
import { referenceDirectory } from '@crossroads/topology';
import { Injectable } from '@nestjs/common';
import { dateMessage } from './date.message.js';

const DEADLINE_MS = 3_000;
/** Nearly all requests are about today. */
const MAX_DAYS = 100;

interface PersonCheck {
  readonly ssin: string;
  readonly institutions: readonly string[];
}

@Injectable()
export class DirectoryClient {
  /** Concurrent checks for the same day share a call. */
  private readonly batchers = new Map<IsoDay, Batcher<PersonCheck, CheckResponse>>();

  constructor(
    @InjectClient(referenceDirectory.name, DirectoryServiceService)
    private readonly directory: Connection<typeof DirectoryServiceService>,
  ) {}

  /** @throws Unavailable whatever the directory fails with: without it no person is identified, and nothing is answered. */
  async check(ssin: string, institutions: readonly string[], day: IsoDay): Promise<CheckResponse> {
    try {
      const { inscriptions, ...person } = await this.batcherOf(day).load({ ssin, institutions });
      return { ...person, inscriptions: inscriptions.filter(({ institution }) => institutions.includes(institution)) };
    } catch (cause) {
      if (!(cause instanceof RemoteError)) throw cause;
      const failure = new Unavailable(
        'DIRECTORY_UNAVAILABLE',
        'the reference directory does not answer; try again soon',
        { retryAfterMs: 1_000 },
      );
      failure.cause = cause;
      throw failure;
    }
  }

  private batcherOf(day: IsoDay): Batcher<PersonCheck, CheckResponse> {
    const known = this.batchers.get(day);
    if (known) return known;
    if (this.batchers.size >= MAX_DAYS) this.batchers.clear();
    const batcher = new Batcher((checks: readonly PersonCheck[]) => this.checkAll(checks, day), {
      stopsWithCalls: true,
    });
    this.batchers.set(day, batcher);
    return batcher;
  }

  private async checkAll(checks: readonly PersonCheck[], day: IsoDay): Promise<readonly CheckResponse[]> {
    const request = {
      persons: checks.map(({ ssin }) => ({ by: { $case: 'ssin', value: ssin } as const })),
      institutions: [...new Set(checks.flatMap(({ institutions }) => institutions))],
      date: dateMessage(day),
    };
    const { results } = await this.directory.batchCheck(request, { deadlineMs: DEADLINE_MS });
    return results;
  }
}
