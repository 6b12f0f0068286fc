import { type CheckResponse, DirectoryServiceService } from '@crossroads/contracts/directory/v1/directory_service';
import { coalesced } from '@crossroads/eventsourcing';
import { type Connection, type ConnectOptions, connect, RemoteError, Unavailable } from '@crossroads/grpc';
import type { IsoDay } from '@crossroads/identifiers';
import { referenceDirectory } from '@crossroads/topology';
import type { Directory } from '../consultation/ports.js';
import { dateMessage } from './date-message.js';

const DEADLINE_MS = 3_000;
/** Nearly all ask about today. */
const DAYS = 100;

interface Question {
  readonly ssin: string;
  readonly institutions: readonly string[];
}

export class DirectoryClient implements Directory {
  private readonly directory: Connection<typeof DirectoryServiceService>;
  /** What is asked at the same time about the same day goes in one call. The entry of a day is made when it is first asked about. */
  private readonly askers = new Map<IsoDay, (question: Question) => Promise<CheckResponse>>();

  constructor(address: string, mesh: Pick<ConnectOptions, 'tls' | 'trustDomain'>) {
    const server = { kind: 'service', name: referenceDirectory.name } as const;
    this.directory = connect(DirectoryServiceService, address, { ...mesh, server, reads: ['batchCheck'] });
  }

  /** @throws Unavailable whatever the directory fails with: without it nobody is known, and nothing is answered. */
  async check(ssin: string, institutions: readonly string[], day: IsoDay): Promise<CheckResponse> {
    try {
      const { inscriptions, ...checked } = await this.askerOf(day)({ ssin, institutions });
      return { ...checked, inscriptions: inscriptions.filter(({ institution }) => institutions.includes(institution)) };
    } catch (cause) {
      if (!(cause instanceof RemoteError)) throw cause;
      const failure = new Unavailable(
        'DIRECTORY_UNAVAILABLE',
        'the reference directory does not answer; try again soon',
        {
          retryAfterMs: 1_000,
        },
      );
      failure.cause = cause;
      throw failure;
    }
  }

  private askerOf(day: IsoDay): (question: Question) => Promise<CheckResponse> {
    const known = this.askers.get(day);
    if (known) return known;
    if (this.askers.size >= DAYS) this.askers.clear();
    const asker = coalesced((questions: readonly Question[]) => this.askAll(questions, day));
    this.askers.set(day, asker);
    return asker;
  }

  private async askAll(questions: readonly Question[], day: IsoDay): Promise<readonly CheckResponse[]> {
    const request = {
      persons: questions.map(({ ssin }) => ({ by: { $case: 'ssin', value: ssin } as const })),
      institutions: [...new Set(questions.flatMap(({ institutions }) => institutions))],
      date: dateMessage(day),
    };
    const { results } = await this.directory.batchCheck(request, { deadlineMs: DEADLINE_MS });
    return results;
  }

  close(): void {
    this.directory.close();
  }
}
