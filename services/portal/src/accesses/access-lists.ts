import { type Access, ListAccessesRequest } from '@crossroads/contracts/audit/v1/audit_service';
import { RemoteError, status } from '@crossroads/grpc';
import { BadRequestException, Injectable, NotFoundException } from '@nestjs/common';
import { MeshCalls } from '../mesh/mesh-calls.js';
import type { Session } from '../session/session.js';
import { filterMessage } from './access-filter.reader.js';
import type { ListFilter } from './list-filter.rules.js';

/** A page of the list, and the token of the next one: empty at the end. */
export interface AccessPage {
  readonly accesses: readonly Access[];
  readonly nextPageToken: string;
}

/** The token does not belong to this list: a bookmark of an older version, or a changed address. */
export class UnknownPage extends Error {
  override readonly name = 'UnknownPage';
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export const isUuid = (value: unknown): value is string => typeof value === 'string' && UUID.test(value);

/** Whoever is signed in reads their own list. */
@Injectable()
export class AccessLists {
  constructor(private readonly calls: MeshCalls) {}

  /** @throws UnknownPage; BadRequestException for a filter that cannot be */
  async page(session: Session, filter: ListFilter, pageToken: string, pageSize: number): Promise<AccessPage> {
    const request = ListAccessesRequest.fromPartial({
      pageSize,
      pageToken,
      withoutOwn: !filter.own,
      filter: filterMessage(filter),
    });
    try {
      return await this.calls.as(session, 'accesses', (accesses, options) => accesses.listAccesses(request, options));
    } catch (error) {
      if (!(error instanceof RemoteError) || error.code !== status.INVALID_ARGUMENT) throw error;
      if (error.violations.some(({ field }) => field === 'page_token')) throw new UnknownPage('', { cause: error });
      throw new BadRequestException(undefined, { cause: error });
    }
  }

  /** @throws NotFoundException when the list has no such line */
  async line(session: Session, journalId: string): Promise<Access> {
    if (!isUuid(journalId)) throw new NotFoundException();
    try {
      const { access } = await this.calls.as(session, 'accesses', (accesses, options) =>
        accesses.getAccess({ journalId, enterpriseNumber: '' }, options),
      );
      if (access) return access;
    } catch (error) {
      if (!(error instanceof RemoteError) || error.code !== status.NOT_FOUND) throw error;
    }
    throw new NotFoundException();
  }
}
