import type {
  GetAccessResponse,
  ListAccessesRequest,
  ListAccessesResponse,
} from '@crossroads/contracts/audit/v1/audit_service';
import { AuditServiceService } from '@crossroads/contracts/audit/v1/audit_service';
import { type Call, GrpcController, fields, NotFound, PageTokens, parseRequest, Rpc } from '@crossroads/grpc';
import { PolicyFollower, RegisteredKeyGuard } from '@crossroads/policy';
import { RPCS } from '@crossroads/topology';
import { UseGuards } from '@nestjs/common';
import { AccessLog } from '../access-log/access-log.js';
import type { Position } from '../access-log/access.repository.js';
import { entryMessage } from './access.message.js';
import { ListOwners } from './list-owners.js';
import { SelfConsultations } from './self-consultations.js';

const listAccessesRequest = fields.message({
  pageSize: fields.pageSize({ usual: 50, max: 200 }),
  /** Absent: the own list. */
  enterpriseNumber: fields.optional(fields.enterpriseNumber),
});

/** The list of a citizen, or of an enterprise. The token says which lists those are, and no field of a request can ask for another. */
@GrpcController(AuditServiceService, RPCS['access-audit']['crossroads.audit.v1.AuditService'])
@UseGuards(RegisteredKeyGuard)
export class AuditController {
  constructor(
    private readonly owners: ListOwners,
    private readonly log: AccessLog,
    private readonly selfConsultations: SelfConsultations,
    private readonly policy: PolicyFollower,
    private readonly pageTokens: PageTokens,
  ) {}

  @Rpc(AuditServiceService.listAccesses)
  async listAccesses(request: ListAccessesRequest, call: Call): Promise<ListAccessesResponse> {
    const { pageSize, enterpriseNumber } = parseRequest(listAccessesRequest, request);
    const { citizen, ids } = await this.owners.ownerOf(call, enterpriseNumber);
    const [id] = ids;

    const filters = { person: id, withoutOwn: request.withoutOwn };
    const after = this.pageTokens.decode(request.pageToken, filters, positionOf);
    const { entries, next } = await this.log.list(ids, { after, limit: pageSize, withoutOwn: request.withoutOwn });
    await this.selfConsultations.record(citizen, id);
    return {
      accesses: entries.map((entry) => entryMessage(entry, this.policy.policy())),
      nextPageToken: next ? this.pageTokens.encode([next.at.getTime(), next.journalId], filters) : '',
    };
  }

  @Rpc(AuditServiceService.getAccess)
  async getAccess(): Promise<GetAccessResponse> {
    throw new NotFound('RESOURCE_NOT_FOUND', 'there is no such line in this list');
  }
}

const positionOf = (position: unknown): Position | undefined => {
  if (!Array.isArray(position)) return undefined;
  const [at, journalId] = position as unknown[];
  return typeof at === 'number' && typeof journalId === 'string' ? { at: new Date(at), journalId } : undefined;
};
