import type { ListAccessesRequest, ListAccessesResponse } from '@crossroads/contracts/audit/v1/audit_service';
import { AuditServiceService } from '@crossroads/contracts/audit/v1/audit_service';
import { type Call, GrpcController, fields, PageTokens, parseRequest, Rpc } from '@crossroads/grpc';
import { PolicyFollower, RegisteredKeyGuard } from '@crossroads/policy';
import { RPCS } from '@crossroads/topology';
import { UseGuards } from '@nestjs/common';
import { AccessLog } from '../access-log/access-log.js';
import type { Place } from '../access-log/access.repository.js';
import { accessMessage } from './access.message.js';
import { Citizens } from './citizens.js';
import { OwnLooks } from './own-looks.js';

const listAccessesRequest = fields.message({ pageSize: fields.pageSize({ usual: 50, max: 200 }) });

/** The citizen's view: the token says whose list it is, and no request can ask for another's. */
@GrpcController(AuditServiceService, RPCS['access-audit']['crossroads.audit.v1.AuditService'])
@UseGuards(RegisteredKeyGuard)
export class AuditController {
  constructor(
    private readonly citizens: Citizens,
    private readonly log: AccessLog,
    private readonly looks: OwnLooks,
    private readonly policy: PolicyFollower,
    private readonly pageTokens: PageTokens,
  ) {}

  @Rpc(AuditServiceService.listAccesses)
  async listAccesses(request: ListAccessesRequest, call: Call): Promise<ListAccessesResponse> {
    const ssin = await this.citizens.signedIn(call);
    const { pageSize } = parseRequest(listAccessesRequest, request);
    const { personId, mergedPersonIds } = await this.citizens.person(ssin);

    const filters = { person: personId, withoutOwn: request.withoutOwn };
    const after = this.pageTokens.decode(request.pageToken, filters, placeOf);
    const { entries, next } = await this.log.list([personId, ...mergedPersonIds], {
      after,
      limit: pageSize,
      withoutOwn: request.withoutOwn,
    });
    // Turning a page belongs to the look that began with the first.
    if (after === undefined) await this.looks.record(call.caller, ssin, personId);
    return {
      accesses: entries.map((entry) => accessMessage(entry, this.policy.policy())),
      nextPageToken: next ? this.pageTokens.encode([next.at.getTime(), next.journalId], filters) : '',
    };
  }
}

const placeOf = (position: unknown): Place | undefined => {
  if (!Array.isArray(position)) return undefined;
  const [at, journalId] = position as unknown[];
  return typeof at === 'number' && typeof journalId === 'string' ? { at: new Date(at), journalId } : undefined;
};
