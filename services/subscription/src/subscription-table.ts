import type { Queryable } from '@crossroads/database';
import type { SubscribedTo } from './deliveries/selection.js';

export interface Candidate extends SubscribedTo {
  /** Of those asked about; absent: all that the institution has inscribed. */
  readonly personIds?: ReadonlySet<string>;
}

interface CandidateRow {
  readonly subscription_id: string;
  readonly institution: string;
  readonly inscription_context: string;
  readonly data_service: string;
  readonly legal_context: string;
  readonly persons: readonly string[] | null;
}

/** Institutions with a subscription to one of these data services that is not closed. */
export const subscribersTo = async (db: Queryable, dataServices: readonly string[]): Promise<string[]> => {
  const rows = await db.query<{ institution: string }>(
    `select distinct institution from subscriptions where data_service = any($1) and state <> 'closed'`,
    [dataServices],
  );
  return rows.map(({ institution }) => institution);
};

/** Subscriptions to these data services that may concern one of these persons. Whether they do is decided afterwards. */
export const candidates = async (
  db: Queryable,
  dataServices: readonly string[],
  personIds: readonly string[],
): Promise<Candidate[]> => {
  const rows = await db.query<CandidateRow>(
    `select s.subscription_id, s.institution, s.inscription_context, s.data_service, s.legal_context, p.persons
     from subscriptions s
     left join lateral (
       select array_agg(person_id::text) as persons from subscription_persons p
       where p.subscription_id = s.subscription_id and p.person_id = any($2::uuid[])
     ) p on not s.all_inscribed
     where s.data_service = any($1) and s.state <> 'closed' and (s.all_inscribed or p.persons is not null)`,
    [dataServices, personIds],
  );
  return rows.map((row) => ({
    subscriptionId: row.subscription_id,
    institution: row.institution,
    inscriptionContext: row.inscription_context,
    dataService: row.data_service,
    legalContext: row.legal_context,
    ...(row.persons === null ? {} : { personIds: new Set(row.persons) }),
  }));
};

export interface SubscriptionRow {
  readonly subscription_id: string;
  readonly institution: string;
  readonly inscription_context: string;
  readonly data_service: string;
  readonly legal_context: string;
  readonly all_inscribed: boolean;
  readonly named_persons: number;
  readonly state: 'open' | 'paused' | 'closed';
  readonly last_sequence: bigint;
  readonly opened_at: Date;
  readonly closing_reason: string | null;
}

const COLUMNS = `subscription_id, institution, inscription_context, data_service, legal_context, all_inscribed, named_persons,
  state, last_sequence, opened_at, closing_reason`;

/** In order of id, after one. */
export const listSubscriptions = (
  db: Queryable,
  institution: string,
  after: string | undefined,
  limit: number,
): Promise<SubscriptionRow[]> =>
  db.query<SubscriptionRow>(
    `select ${COLUMNS} from subscriptions where institution = $1 and ($2::uuid is null or subscription_id > $2)
     order by subscription_id limit $3`,
    [institution, after ?? null, limit],
  );

export const findSubscription = async (
  db: Queryable,
  subscriptionId: string,
  lock: '' | 'for update' = '',
): Promise<SubscriptionRow | undefined> => {
  const [row] = await db.query<SubscriptionRow>(
    `select ${COLUMNS} from subscriptions where subscription_id = $1 ${lock}`,
    [subscriptionId],
  );
  return row;
};

/** Institutions with a subscription that is not closed: whose topics and readers must be there. */
export const subscribingInstitutions = async (db: Queryable): Promise<string[]> => {
  const rows = await db.query<{ institution: string }>(
    `select distinct institution from subscriptions where state <> 'closed'`,
  );
  return rows.map(({ institution }) => institution);
};

export const insertSubscription = async (
  db: Queryable,
  row: Omit<SubscriptionRow, 'state' | 'last_sequence' | 'closing_reason'>,
  personIds: readonly string[],
): Promise<void> => {
  await db.query(
    `insert into subscriptions (subscription_id, institution, inscription_context, data_service, legal_context,
       all_inscribed, named_persons, state, opened_at)
     values ($1, $2, $3, $4, $5, $6, $7, 'open', $8)`,
    [
      row.subscription_id,
      row.institution,
      row.inscription_context,
      row.data_service,
      row.legal_context,
      row.all_inscribed,
      row.named_persons,
      row.opened_at,
    ],
  );
  if (personIds.length > 0)
    await db.query(
      `insert into subscription_persons (subscription_id, person_id) select $1, person_id
       from unnest($2::uuid[]) as p (person_id)`,
      [row.subscription_id, personIds],
    );
};
