import { Database } from '@crossroads/database';
import { Injectable } from '@nestjs/common';
import type { SubscriptionTerms } from './grant-decision.rules.js';

export interface SubscriptionWithTerms extends SubscriptionTerms {
  readonly subscriptionId: string;
}

/** Which subscriptions name a person. Asked for each batch, so in SQL. */
@Injectable()
export class SubscriptionQueries {
  constructor(private readonly db: Database) {}

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
