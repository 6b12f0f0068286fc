import type { ListAccessesRequest, ListAccessesResponse } from '@crossroads/contracts/audit/v1/audit_service';
import { AuditServiceService } from '@crossroads/contracts/audit/v1/audit_service';
import { type Call, GrpcController, fields, PageTokens, parseRequest, Rpc } from '@crossroads/grpc';
import { PolicyFollower, RegisteredKeyGuard } from '@crossroads/policy';
import { RPCS } from '@crossroads/topology';
import { UseGuards } from '@nestjs/common';
import { AccessLog } from '../access-log/access-log.js';
import type { Position } from '../access-log/access.repository.js';
import { accessMessage } from './access.message.js';
import { Citizens } from './citizens.js';
import { SelfConsultations } from './self-consultations.js';

const listAccessesRequest = fields.message({ pageSize: fields.pageSize({ usual: 50, max: 200 }) });

/** The list of a citizen. The token says whose list it is, and no field of a request can ask for another. */
@GrpcController(AuditServiceService, RPCS['access-audit']['crossroads.audit.v1.AuditService'])
@UseGuards(RegisteredKeyGuard)
export class AuditController {
  constructor(
    private readonly citizens: Citizens,
    private readonly log: AccessLog,
    private readonly selfConsultations: SelfConsultations,
    private readonly policy: PolicyFollower,
    private readonly pageTokens: PageTokens,
  ) {}

  @Rpc(AuditServiceService.listAccesses)
  async listAccesses(request: ListAccessesRequest, call: Call): Promise<ListAccessesResponse> {
    const ssin = await this.citizens.signedIn(call);
    const { pageSize } = parseRequest(listAccessesRequest, request);
    const { personId, mergedPersonIds } = await this.citizens.person(ssin);

    const filters = { person: personId, withoutOwn: request.withoutOwn };
    const after = this.pageTokens.decode(request.pageToken, filters, positionOf);
    const { entries, next } = await this.log.list([personId, ...mergedPersonIds], {
      after,
      limit: pageSize,
      withoutOwn: request.withoutOwn,
    });
    // Only the first page is recorded: the others belong to the same consultation.
    if (after === undefined) await this.selfConsultations.record(call.caller, ssin, personId);
    return {
      accesses: entries.map((entry) => accessMessage(entry, this.policy.policy())),
      nextPageToken: next ? this.pageTokens.encode([next.at.getTime(), next.journalId], filters) : '',
    };
  }
}

const positionOf = (position: unknown): Position | undefined => {
  if (!Array.isArray(position)) return undefined;
  const [at, journalId] = position as unknown[];
  return typeof at === 'number' && typeof journalId === 'string' ? { at: new Date(at), journalId } : undefined;
};
