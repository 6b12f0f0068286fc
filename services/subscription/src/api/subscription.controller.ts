import { Role } from '@crossroads/contracts/authorization/v1/policy';
import {
  type CloseSubscriptionRequest,
  type CloseSubscriptionResponse,
  type ListParkedRequest,
  type ListParkedResponse,
  type ListSubscriptionsRequest,
  type ListSubscriptionsResponse,
  type PauseSubscriptionRequest,
  type PauseSubscriptionResponse,
  type RedriveParkedRequest,
  type RedriveParkedResponse,
  type ResumeSubscriptionRequest,
  type ResumeSubscriptionResponse,
  type SubscribeRequest,
  type SubscribeResponse,
  type Subscription,
  type SubscriptionServiceService,
  SubscriptionState,
} from '@crossroads/contracts/subscription/v1/subscription_service';
import type { Database } from '@crossroads/database';
import {
  type Call,
  type Caller,
  type ValidationContext,
  NotFound,
  type PageTokens,
  PermissionDenied,
  type Read,
  readEnterpriseNumber,
  readFields,
  readInscriptionContext,
  readLegalContext,
  readList,
  readOptional,
  readPageSize,
  readSsin,
  readText,
  readUuid,
  requestKey,
  type Serves,
} from '@crossroads/grpc';
import { dayOf, type EnterpriseNumber, type Mode, type Ssin } from '@crossroads/identifiers';
import { listParked } from '@crossroads/messaging';
import type { Policy } from '@crossroads/policy';
import type { Parked } from '../consumers/parked.js';
import { deliveriesTopic } from '../deliveries/pseudonym.js';
import type { SubscriptionCommand } from '../domain/subscription.js';
import { findSubscription, listSubscriptions, type SubscriptionRow } from '../subscription-table.js';
import type { Subscriptions } from '../subscriptions.js';

export interface SubscriptionControllerOptions {
  readonly subscriptions: Subscriptions;
  readonly parked: Pick<Parked, 'redrive'>;
  readonly db: Database;
  readonly policy: () => Policy;
  readonly pageTokens: PageTokens;
  readonly mode: Mode;
  readonly now: () => Date;
}

const MAX_NAMED = 1_000;
const MAX_NAME = 128;

/** Proto in, proto out. The rules are in the domain, the failures are mapped by the server. */
export class SubscriptionController implements Serves<typeof SubscriptionServiceService> {
  constructor(private readonly options: SubscriptionControllerOptions) {}

  async subscribe(request: SubscribeRequest, call: Call): Promise<SubscribeResponse> {
    const { mode, now, db, subscriptions } = this.options;
    const wanted = readFields({
      institution: readEnterpriseNumber('institution', request.institution || ownNumber(call.caller)),
      inscriptionContext: readInscriptionContext('inscription_context', request.inscriptionContext),
      dataService: readText('data_service', request.dataService, { max: MAX_NAME }),
      legalContext: readLegalContext('legal_context', request.legalContext),
      ssins: readPersons(request.persons, { mode, today: dayOf(now()) }),
    });
    const { ssins, ...terms } = wanted;
    const key = requestKey(call, wanted.institution, request.requestId, now().getTime());
    this.requireRepresented(call.caller, wanted.institution);
    const subscriptionId = await subscriptions.open(call.caller, { ...terms, ...(ssins ? { ssins } : {}) }, key);
    const row = await findSubscription(db, subscriptionId);
    // As it was opened, whatever became of it: a repetition is answered like the first.
    return { subscription: row && messageOf({ ...row, state: 'open', last_sequence: 0n, closing_reason: null }) };
  }

  async closeSubscription(request: CloseSubscriptionRequest, call: Call): Promise<CloseSubscriptionResponse> {
    return this.change(request, call, { type: 'CloseSubscription', reason: 'CLOSED_BY_SUBSCRIBER' });
  }

  async pauseSubscription(request: PauseSubscriptionRequest, call: Call): Promise<PauseSubscriptionResponse> {
    return this.change(request, call, { type: 'PauseSubscription' });
  }

  async resumeSubscription(request: ResumeSubscriptionRequest, call: Call): Promise<ResumeSubscriptionResponse> {
    return this.change(request, call, { type: 'ResumeSubscription' });
  }

  async listSubscriptions(request: ListSubscriptionsRequest, { caller }: Call): Promise<ListSubscriptionsResponse> {
    const { institution, pageSize } = readFields({
      institution: readEnterpriseNumber('institution', request.institution || ownNumber(caller)),
      pageSize: readPageSize(request.pageSize),
    });
    this.requireRepresented(caller, institution);
    const { db, pageTokens } = this.options;
    const filters = { institution };
    const after = pageTokens.decode(request.pageToken, filters, textOf);
    const rows = await listSubscriptions(db, institution, after, pageSize + 1);
    const page = rows.slice(0, pageSize);
    const last = page.at(-1);
    return {
      subscriptions: page.map(messageOf),
      nextPageToken: rows.length > pageSize && last ? pageTokens.encode(last.subscription_id, filters) : '',
    };
  }

  async listParked(request: ListParkedRequest, { caller }: Call): Promise<ListParkedResponse> {
    this.requireAdministrator(caller);
    const { pageSize } = readFields({ pageSize: readPageSize(request.pageSize) });
    const { db, pageTokens } = this.options;
    const after = pageTokens.decode(request.pageToken, {}, textOf);
    const rows = await listParked(db, { after: BigInt(after ?? 0), limit: pageSize + 1 });
    const page = rows.slice(0, pageSize);
    const last = page.at(-1);
    return {
      parked: page.map(({ place, event, reason, parkedAt, attempts }) => ({
        parkedId: String(place),
        personId: event.key,
        source: event.source,
        eventId: event.id,
        reason,
        parkTime: parkedAt,
        attempts,
      })),
      nextPageToken: rows.length > pageSize && last ? pageTokens.encode(String(last.place), {}) : '',
    };
  }

  async redriveParked(request: RedriveParkedRequest, call: Call): Promise<RedriveParkedResponse> {
    this.requireAdministrator(call.caller);
    const { personId } = readFields({ personId: readOptional(request.personId, (id) => readUuid('person_id', id)) });
    const key = requestKey(call, ownNumber(call.caller), request.requestId, this.options.now().getTime());
    return this.options.parked.redrive(personId, key);
  }

  private async change(
    request: { readonly requestId: string; readonly subscriptionId: string },
    call: Call,
    command: SubscriptionCommand,
  ): Promise<Record<string, never>> {
    const { subscriptionId } = readFields({ subscriptionId: readUuid('subscription_id', request.subscriptionId) });
    const key = requestKey(call, ownNumber(call.caller), request.requestId, this.options.now().getTime());
    await this.options.subscriptions.change(call.caller, subscriptionId, command, key);
    return {};
  }

  private requireRepresented(caller: Caller, institution: EnterpriseNumber): void {
    if (!this.options.policy().mayActFor(caller, institution))
      throw new PermissionDenied('NOT_REPRESENTED', 'this institution is not registered to act for that one', {
        metadata: { institution },
      });
  }

  /** Others learn nothing of what is parked, not even that it is. */
  private requireAdministrator(caller: Caller): void {
    if (!this.options.policy().hasRole(ownNumber(caller), Role.ROLE_ADMINISTRATOR))
      throw new PermissionDenied('MISSING_PERMISSION', 'only an administrator of the mesh may do that');
  }
}

/** The named ones, or nothing for all that are inscribed; one of the two must be said. */
const readPersons = (persons: SubscribeRequest['persons'], door: ValidationContext): Read<Ssin[] | undefined> => {
  if (persons?.$case === 'named')
    return readList('named.ssins', persons.value.ssins, { max: MAX_NAMED }, (field, ssin) =>
      readSsin(field, ssin, door),
    );
  if (persons) return { ok: true, value: undefined };
  return {
    ok: false,
    violations: [{ field: 'persons', reason: 'REQUIRED', description: 'needed: named, or all_inscribed' }],
  };
};

const ownNumber = (caller: Caller): string => {
  if (caller.kind === 'institution') return caller.enterpriseNumber;
  throw new NotFound('RESOURCE_NOT_FOUND', 'services have no subscriptions');
};

const textOf = (position: unknown): string | undefined => (typeof position === 'string' ? position : undefined);

const states = {
  open: SubscriptionState.SUBSCRIPTION_STATE_OPEN,
  paused: SubscriptionState.SUBSCRIPTION_STATE_PAUSED,
  closed: SubscriptionState.SUBSCRIPTION_STATE_CLOSED,
};

const messageOf = (row: SubscriptionRow): Subscription => ({
  subscriptionId: row.subscription_id,
  institution: row.institution,
  inscriptionContext: row.inscription_context,
  dataService: row.data_service,
  legalContext: row.legal_context,
  allInscribed: row.all_inscribed,
  namedPersons: row.named_persons,
  state: states[row.state],
  topic: deliveriesTopic(row.institution),
  lastSequence: row.last_sequence,
  openTime: row.opened_at,
  closingReason: row.closing_reason ?? '',
});
