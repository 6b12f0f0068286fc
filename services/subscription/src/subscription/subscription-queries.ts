import { Database } from '@crossroads/database';
import { Injectable } from '@nestjs/common';
import type { SubscriptionTerms } from './grant-decision.rules.js';

export interface SubscriptionWithTerms extends SubscriptionTerms {
  readonly subscriptionId: string;
}

export interface Candidate extends SubscriptionWithTerms {
  /** Which of the persons in question it names; absent: all whom the institution has inscribed. */
  readonly personIds: ReadonlySet<string> | undefined;
}

const TERMS = `s.subscription_id as "subscriptionId", s.institution, s.inscription_context as "inscriptionContext",
  s.data_service as "dataService", s.legal_context as "legalContext"`;

/** Which subscriptions a mutation or a change of the policy concerns. Asked for each batch, so in SQL. */
@Injectable()
export class SubscriptionQueries {
  constructor(private readonly db: Database) {}

  notClosed(): Promise<SubscriptionWithTerms[]> {
    return this.db.query(`select ${TERMS} from subscriptions s where s.state <> 'closed'`);
  }

  /** Those of an institution that still have something to lose with their grant: not closed, or closed with deliveries not yet sent. */
  revocable(institution: string): Promise<SubscriptionWithTerms[]> {
    return this.db.query(
      `select ${TERMS} from subscriptions s
       where s.institution = $1 and (s.state <> 'closed' or s.relaying_sequence < s.last_sequence - 1)`,
      [institution],
    );
  }

  /** Institutions with a subscription to one of these data services that is not closed. */
  async subscribersTo(dataServices: readonly string[]): Promise<string[]> {
    const rows = await this.db.query<{ institution: string }>(
      `select distinct institution from subscriptions where data_service = any($1) and state <> 'closed'`,
      [dataServices],
    );
    return rows.map(({ institution }) => institution);
  }

  /** Subscriptions to these data services that may concern one of these persons; each is still to be decided by the policy. */
  async candidates(dataServices: readonly string[], personIds: readonly string[]): Promise<Candidate[]> {
    const rows = await this.db.query<SubscriptionWithTerms & { readonly personIds: readonly string[] | null }>(
      `select ${TERMS}, p.persons as "personIds"
       from subscriptions s
       left join lateral (
         select array_agg(person_id::text) as persons from subscription_persons p
         where p.subscription_id = s.subscription_id and p.person_id = any($2::uuid[])
       ) p on not s.all_inscribed
       where s.data_service = any($1) and s.state <> 'closed' and (s.all_inscribed or p.persons is not null)`,
      [dataServices, personIds],
    );
    return rows.map((row) => ({ ...row, personIds: row.personIds === null ? undefined : new Set(row.personIds) }));
  }
}
