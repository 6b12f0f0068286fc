import {
  AccessFilter as AccessFilterMessage,
  AuditServiceService,
  type GetAccessRequest,
  type GetAccessResponse,
  type ListAccessesRequest,
  type ListAccessesResponse,
} from '@crossroads/contracts/audit/v1/audit_service';
import type { Json } from '@crossroads/eventsourcing';
import { type Call, GrpcController, fields, NotFound, PageTokens, parseRequest, Rpc } from '@crossroads/grpc';
import { PolicyFollower, RegisteredKeyGuard } from '@crossroads/policy';
import { RPCS } from '@crossroads/topology';
import { UseGuards } from '@nestjs/common';
import { AccessLog } from '../access-log/access-log.js';
import type { Position } from '../access-log/access.repository.js';
import { accessFilter, contentRuleOf, instantsOf } from './access-filter.js';
import { entryMessage } from './access.message.js';
import { ListOwners } from './list-owners.js';
import { SelfConsultations } from './self-consultations.js';

const NO_FILTER = AccessFilterMessage.fromPartial({});

const listAccessesRequest = fields.message({
  pageSize: fields.pageSize({ usual: 50, max: 200 }),
  /** Absent: the own list. */
  enterpriseNumber: fields.optional(fields.enterpriseNumber),
  filter: accessFilter,
});

const getAccessRequest = fields.message({
  journalId: fields.uuid,
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
    const filterMessage = request.filter ?? NO_FILTER;
    const { pageSize, enterpriseNumber, filter } = parseRequest(listAccessesRequest, {
      ...request,
      filter: filterMessage,
    });
    const { citizen, ids } = await this.owners.ownerOf(call, enterpriseNumber);
    const [id] = ids;

    const { withoutOwn } = request;
    const filters = { person: id, withoutOwn, filter: AccessFilterMessage.toJSON(filterMessage) as Json };
    const after = this.pageTokens.decode(request.pageToken, filters, positionOf);
    const matches = contentRuleOf(filter);
    const page = { after, limit: pageSize, withoutOwn, ...instantsOf(filter) };
    const { entries, next } = await (matches ? this.log.listMatching(ids, page, matches) : this.log.list(ids, page));
    await this.selfConsultations.record(citizen, id);
    return {
      accesses: entries.map((entry) => entryMessage(entry, this.policy.policy())),
      nextPageToken: next ? this.pageTokens.encode([next.at.getTime(), next.journalId], filters) : '',
    };
  }

  @Rpc(AuditServiceService.getAccess)
  async getAccess(request: GetAccessRequest, call: Call): Promise<GetAccessResponse> {
    const { journalId, enterpriseNumber } = parseRequest(getAccessRequest, request);
    const { citizen, ids } = await this.owners.ownerOf(call, enterpriseNumber);
    // Part of the look of the token, as the pages are; also when there is no such line.
    await this.selfConsultations.record(citizen, ids[0]);
    const entry = await this.log.find(ids, journalId);
    if (!entry) throw new NotFound('RESOURCE_NOT_FOUND', 'there is no such line in this list');
    return { access: entryMessage(entry, this.policy.policy()) };
  }
}

const positionOf = (position: unknown): Position | undefined => {
  if (!Array.isArray(position)) return undefined;
  const [at, journalId] = position as unknown[];
  return typeof at === 'number' && typeof journalId === 'string' ? { at: new Date(at), journalId } : undefined;
};
