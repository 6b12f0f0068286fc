import { Database } from '@crossroads/database';
import { Injectable } from '@nestjs/common';
import type { SubscriptionTerms } from './grant-decision.rules.js';

export interface SubscriptionWithTerms extends SubscriptionTerms {
  readonly subscriptionId: string;
}

const TERMS = `s.subscription_id as "subscriptionId", s.institution, s.inscription_context as "inscriptionContext",
  s.data_service as "dataService", s.legal_context as "legalContext"`;

/** Which subscriptions a change of the policy concerns, or name a person. Asked for each batch, so in SQL. */
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

  /** Ids of the subscriptions that name one of these persons, by the id of the person. */
  async naming(personIds: readonly string[]): Promise<Map<string, readonly string[]>> {
    const rows = await this.db.query<{ readonly personId: string; readonly subscriptionIds: readonly string[] }>(
      {
        name: 'subscriptions-naming',
        text: `select person_id as "personId", array_agg(subscription_id::text) as "subscriptionIds"
        from subscription_persons where person_id = any($1::uuid[]) group by person_id`,
      },
      [personIds],
    );
    return new Map(rows.map(({ personId, subscriptionIds }) => [personId, subscriptionIds]));
  }
}
