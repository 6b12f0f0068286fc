import { type CheckResponse, DirectoryServiceService } from '@crossroads/contracts/directory/v1/directory_service';
import { type Connection, type ConnectOptions, connect, RemoteError, Unavailable } from '@crossroads/grpc';
import type { IsoDay } from '@crossroads/identifiers';
import type { Directory } from '../consultation/ports.js';
import { dateMessage } from './date-message.js';

const DEADLINE_MS = 3_000;

export class DirectoryClient implements Directory {
  private readonly directory: Connection<typeof DirectoryServiceService>;

  constructor(address: string, mesh: Pick<ConnectOptions, 'tls' | 'trustDomain'>) {
    const server = { kind: 'service', name: 'reference-directory' } as const;
    this.directory = connect(DirectoryServiceService, address, { ...mesh, server, reads: ['check'] });
  }

  /** @throws Unavailable whatever the directory fails with: without it nobody is known, and nothing is answered. */
  async check(ssin: string, institutions: readonly string[], day: IsoDay): Promise<CheckResponse> {
    const person = { by: { $case: 'ssin', value: ssin } } as const;
    try {
      return await this.directory.check({ person, institutions, date: dateMessage(day) }, { deadlineMs: DEADLINE_MS });
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

  close(): void {
    this.directory.close();
  }
}
