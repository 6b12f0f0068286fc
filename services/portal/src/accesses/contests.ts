import { RemoteError, status } from '@crossroads/grpc';
import { Injectable } from '@nestjs/common';
import { MeshCalls } from '../mesh/mesh-calls.js';
import type { Session } from '../session/session.js';
import type { ContestNotice } from './contest.page.js';

const TOO_LATE: ReadonlySet<status> = new Set([
  status.NOT_FOUND,
  status.FAILED_PRECONDITION,
  status.INVALID_ARGUMENT,
  status.ALREADY_EXISTS,
]);

/** Objections of persons to a change of their own numbers. */
@Injectable()
export class Contests {
  constructor(private readonly calls: MeshCalls) {}

  /** The same request id objects once. */
  async contest(session: Session, requestId: string, proposalId: string): Promise<ContestNotice> {
    try {
      await this.calls.as(session, 'person', (person, options) =>
        person.contestOwnProposal({ requestId, proposalId }, options),
      );
      return 'contested';
    } catch (error) {
      if (error instanceof RemoteError && TOO_LATE.has(error.code)) return 'tooLate';
      throw error;
    }
  }
}
