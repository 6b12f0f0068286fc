import { randomUUID } from 'node:crypto';
import { type CheckResponse, NumberState } from '@crossroads/contracts/directory/v1/directory_service';
import { type Database, type Tx } from '@crossroads/database';
import { Commands, type PostgresEventStore, type RequestKey, Streams } from '@crossroads/eventsourcing';
import { type Caller, InvalidInput, NotFound, PermissionDenied } from '@crossroads/grpc';
import {
  dayOf,
  type EnterpriseNumber,
  type InscriptionContext,
  type LegalContext,
  type Ssin,
} from '@crossroads/identifiers';
import type { Broker } from '@crossroads/messaging';
import { decide, type Policy } from '@crossroads/policy';
import { DELIVERIES } from '@crossroads/topology';
import type { Closing } from './deliveries/closing.js';
import { z } from 'zod';
import { deliveriesTopic } from './deliveries/pseudonym.js';
import {
  type SubscriptionCommand,
  type SubscriptionEvent,
  type SubscriptionState,
  subscription,
} from './domain/subscription.js';
import { findSubscription, insertSubscription, type SubscriptionRow } from './subscription-table.js';

export interface NewSubscription {
  readonly institution: EnterpriseNumber;
  readonly inscriptionContext: InscriptionContext;
  readonly dataService: string;
  readonly legalContext: LegalContext;
  /** Absent: all that the institution has inscribed. */
  readonly ssins?: readonly Ssin[];
}

export interface SubscriptionsOptions {
  readonly db: Database;
  readonly store: PostgresEventStore;
  readonly broker: Pick<Broker, 'ensureTopic'>;
  readonly closing: Closing;
  readonly policy: () => Policy;
  readonly check: (ssins: readonly string[], institution: string) => Promise<readonly CheckResponse[]>;
  readonly now: () => Date;
  readonly onNumbered: () => void;
}

const RETRY = { attempts: 3, jitterMs: 0 };
/** What an opening answers, now and at each repetition. */
const opened = z.object({ subscriptionId: z.string() });
const changed = z.object({});

/** The use cases of the subscription table. Each begins with the question whether the caller may. */
export class Subscriptions {
  private readonly commands: Commands;
  private readonly streams: Streams<SubscriptionState, SubscriptionCommand, SubscriptionEvent>;

  constructor(private readonly options: SubscriptionsOptions) {
    this.commands = new Commands(options.store, options.db);
    this.streams = new Streams(options.store, { type: 'subscription', decider: subscription });
  }

  /** @returns the new subscription's id; the same for the same request, also when it comes twice at once. */
  async open(caller: Caller, wanted: NewSubscription, request: RequestKey): Promise<string> {
    const { subscriptionId } = await this.commands.execute({
      request,
      answerCodec: opened,
      retry: RETRY,
      decide: async () => {
        this.requireGrant(caller, wanted);
        const personIds = wanted.ssins ? await this.inscribed(wanted, wanted.ssins) : undefined;
        await this.ensureTopic(wanted.institution);
        const subscriptionId = randomUUID();
        const { institution, inscriptionContext, dataService, legalContext } = wanted;
        const terms = {
          institution,
          inscriptionContext,
          dataService,
          legalContext,
          ...(personIds ? { personIds } : {}),
        };
        const fresh = { streamId: subscriptionId, state: subscription.initialState(), revision: 0n };
        const events = this.streams.decide({ type: 'OpenSubscription', ...terms }, fresh);
        return {
          appends: [await this.streams.append(fresh, events)],
          answer: { subscriptionId },
          writeRows: (tx) =>
            insertSubscription(
              tx,
              {
                subscription_id: subscriptionId,
                institution,
                inscription_context: inscriptionContext,
                data_service: dataService,
                legal_context: legalContext,
                all_inscribed: personIds === undefined,
                named_persons: personIds?.length ?? 0,
                opened_at: this.options.now(),
              },
              personIds ?? [],
            ),
        };
      },
    });
    return subscriptionId;
  }

  /** Pauses, resumes or closes. The row is locked first, so that no delivery is numbered meanwhile. */
  async change(
    caller: Caller,
    subscriptionId: string,
    command: SubscriptionCommand,
    request: RequestKey,
  ): Promise<void> {
    const { store, closing } = this.options;
    await this.commands.execute({
      request,
      answerCodec: changed,
      retry: RETRY,
      decidesInTransaction: true,
      decide: async ({ tx }) => {
        if (!tx) throw new TypeError('the row is to be locked');
        const row = await findSubscription(tx, subscriptionId, 'for update');
        if (!row || !this.options.policy().mayActFor(caller, row.institution)) throw unknownSubscription();
        const stream = await this.streams.load(subscriptionId, store.inTransaction(tx));
        const events = this.streams.decide(command, stream);
        return {
          appends: [await this.streams.append(stream, events)],
          answer: {},
          writeRows: () => this.show(tx, row, events, closing),
        };
      },
    });
    this.options.onNumbered();
  }

  /** Topic, ACL and all: again whenever the institution's applications change. */
  async ensureTopic(institution: string): Promise<void> {
    await this.options.broker.ensureTopic({
      name: deliveriesTopic(institution),
      partitions: 1,
      retentionDays: DELIVERIES.retentionDays,
      readers: this.options
        .policy()
        .applicationsOf(institution)
        .map((application) => `CN=${application},O=${institution}`),
    });
  }

  private requireGrant(caller: Caller, wanted: NewSubscription): void {
    const { institution, inscriptionContext, dataService, legalContext } = wanted;
    const decision = decide(this.options.policy(), {
      customer: institution,
      peer: caller,
      dataService,
      requestedFieldGroups: [],
      legalContext,
      inscriptionContexts: [inscriptionContext],
      mode: 'subscription',
      day: dayOf(this.options.now()),
    });
    if (!decision.allowed)
      throw new PermissionDenied(decision.reason, 'no deliberation lets this institution have that by subscription', {
        metadata: { dataService, legalContext, inscriptionContext, policyRevision: String(decision.policyRevision) },
      });
  }

  private async inscribed(wanted: NewSubscription, ssins: readonly Ssin[]): Promise<string[]> {
    const checks = await this.options.check(ssins, wanted.institution);
    const persons = new Set<string>();
    const violations = ssins.flatMap((_, index) => {
      const check = checks[index];
      const wrong = wrongWith(check, wanted);
      if (check && !wrong) persons.add(check.personId);
      return wrong ? [{ field: `named.ssins[${index}]`, ...wrong }] : [];
    });
    const [first, ...others] = violations;
    if (first) throw new InvalidInput(first, ...others);
    return [...persons];
  }

  private async show(
    tx: Tx,
    row: SubscriptionRow,
    events: readonly SubscriptionEvent[],
    closing: Closing,
  ): Promise<void> {
    for (const event of events) {
      if (event.type === 'SubscriptionClosed')
        await closing.afterTheRest(tx, row.subscription_id, row.last_sequence, event.data.reason);
      else
        await tx.query(`update subscriptions set state = $2 where subscription_id = $1`, [
          row.subscription_id,
          event.type === 'SubscriptionPaused' ? 'paused' : 'open',
        ]);
    }
  }
}

const wrongWith = (check: CheckResponse | undefined, { inscriptionContext }: NewSubscription) => {
  const state = check?.state;
  if (check && state === NumberState.NUMBER_STATE_VALID)
    return check.inscriptions.some((one) => one.inscriptionContext === inscriptionContext)
      ? undefined
      : { reason: 'NOT_INSCRIBED', description: 'inscribe the person in this context first' };
  if (state === NumberState.NUMBER_STATE_REPLACED)
    return { reason: 'REPLACED_SSIN', description: 'this number was replaced; use the one that replaced it' };
  if (state === NumberState.NUMBER_STATE_CANCELED)
    return { reason: 'CANCELED_SSIN', description: 'this number was cancelled' };
  return { reason: 'UNKNOWN_SSIN', description: 'nobody has this number' };
};

/** Also for one that the caller may not know of. */
const unknownSubscription = () =>
  new NotFound('RESOURCE_NOT_FOUND', 'there is no such subscription among those that this caller may see');
