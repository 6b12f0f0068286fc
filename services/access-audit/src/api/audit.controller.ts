import { randomUUID } from 'node:crypto';
import { AccessKind, AccessOutcome, AccessRecord, AccessResult } from '@crossroads/contracts/access/v1/access_record';
import type {
  AuditServiceService,
  ListAccessesRequest,
  ListAccessesResponse,
} from '@crossroads/contracts/audit/v1/audit_service';
import { type CheckResponse, NumberState } from '@crossroads/contracts/directory/v1/directory_service';
import type { Database } from '@crossroads/eventsourcing';
import { type Call, NotFound, type PageTokens, readFields, readPageSize, type Serves } from '@crossroads/grpc';
import { dayOf, type Mode, type Ssin } from '@crossroads/identifiers';
import type { Policy } from '@crossroads/policy';
import { salted } from '@crossroads/transparency';
import { citizenOf } from '../citizens/citizen-token.js';
import type { AccessLog, Place } from '../log/access-log.js';
import { accessMessage } from './access-message.js';

export interface AuditControllerOptions {
  readonly db: Database;
  readonly log: AccessLog;
  readonly policy: () => Policy;
  readonly check: (ssin: Ssin) => Promise<CheckResponse>;
  readonly pageTokens: PageTokens;
  readonly mode: Mode;
  readonly now: () => Date;
}

/** The citizen's view: the token says whose list it is, and no request can ask for another's. */
export class AuditController implements Serves<typeof AuditServiceService> {
  constructor(private readonly options: AuditControllerOptions) {}

  async listAccesses(request: ListAccessesRequest, call: Call): Promise<ListAccessesResponse> {
    const { db, log, policy, check, pageTokens, mode, now } = this.options;
    const [authorization] = call.metadata.get('authorization');
    const ssin = await citizenOf(authorization?.toString(), {
      policy: policy(),
      mode,
      today: dayOf(now()),
      now: now(),
    });
    const { pageSize } = readFields({ pageSize: readPageSize(request.pageSize, { usual: 50, max: 200 }) });
    const person = await check(ssin);
    if (person.state === NumberState.NUMBER_STATE_UNKNOWN || person.personId === '')
      throw new NotFound('UNKNOWN_SSIN', 'nobody has the number that was signed in with');

    const filters = { person: person.personId, withoutOwn: request.withoutOwn };
    const after = pageTokens.decode(request.pageToken, filters, placeOf);
    const personIds = [person.personId, ...person.mergedPersonIds];
    const { entries, next } = await log.list(db, personIds, { after, limit: pageSize, withoutOwn: request.withoutOwn });
    // Turning a page belongs to the look that began with the first.
    if (after === undefined) await this.recordLook(call, ssin, person.personId);
    return {
      accesses: entries.map((entry) => accessMessage(entry, policy())),
      nextPageToken: next ? pageTokens.encode([next.at.getTime(), next.journalId], filters) : '',
    };
  }

  /** Durable before anything is shown. */
  private async recordLook({ caller }: Call, ssin: Ssin, personId: string): Promise<void> {
    const { db, log, now, policy } = this.options;
    const [journalId, ticket, time] = [randomUUID(), randomUUID(), now()];
    const record = AccessRecord.encode({
      recordVersion: 1,
      ticket,
      kind: AccessKind.ACCESS_KIND_SELF_CONSULTATION,
      customer: '',
      peer: caller.kind === 'institution' ? caller.enterpriseNumber : '',
      application: caller.kind === 'institution' ? caller.application : caller.name,
      officialRole: '',
      officialId: '',
      legalContext: '',
      inscriptionContext: '',
      services: [],
      policyRevision: policy().revision,
      personId,
      ssins: [ssin],
      time,
      subscriptionId: '',
    }).finish();
    const outcome = AccessOutcome.encode({
      outcomeVersion: 1,
      ticket,
      result: AccessResult.ACCESS_RESULT_ANSWERED,
      services: [],
      time,
      reason: '',
    }).finish();
    const step = { journalId, personId, revision: 1, record: salted(record), outcome: salted(outcome) };
    await db.transaction((tx) =>
      log.add(tx, [{ ...step, ceSource: 'urn:crossroads:service:access-audit', ceId: journalId }]),
    );
  }
}

const placeOf = (position: unknown): Place | undefined => {
  if (!Array.isArray(position)) return undefined;
  const [at, journalId] = position as unknown[];
  return typeof at === 'number' && typeof journalId === 'string' ? { at: new Date(at), journalId } : undefined;
};
