import { randomUUID } from 'node:crypto';
import { partitionsOf } from '@crossroads/eventsourcing';
import { withCbeCheck } from '@crossroads/identifiers';
import type { SubjectSealer } from '@crossroads/privacy';
import pg from 'pg';
import { contentPlace, type MessageContent } from '../src/message/message-content.js';
import type { SubjectWords } from '../src/message/subject-words.js';

export interface BigMailboxOptions {
  readonly adminUrl: string;
  readonly sealer: SubjectSealer;
  readonly words: SubjectWords;
  /** Whose mailbox it is. */
  readonly ownerId: string;
  /** Messages in it. */
  readonly size: number;
  /** Messages stored in all; the others are in mailboxes of ten. */
  readonly total: number;
  readonly say: (line: string) => void;
}

/** One message in so many has a word of its own. */
const SHARES = [1, 10, 100, 1_000, 10_000, 100_000] as const;

export const wordOf = (share: (typeof SHARES)[number]): string => `woord${share}`;

/** Of one message in 200,000. */
export const RARE_TYPE = 'RARE';
export const RARE_SENDER = withCbeCheck('02060001');
/** Of all messages of the older half of the mailbox. */
export const OLD_SENDER = withCbeCheck('02060002');
export const FREQUENT_TYPE = 'TYPE_7';
/** Of one message in 50. */
export const FREQUENT_SENDER = withCbeCheck('02060003');

const CHUNK = 200_000;
const THREE_YEARS_MS = 3 * 365 * 24 * 3_600_000;
/** As long as the sealed content of a message with a subject in two languages and one document. */
const SEALED = 'A'.repeat(560);

const MESSAGE_ID = `
  create function pg_temp.message_id(n bigint, from_ms bigint, step float8) returns uuid immutable language sql as $$
    select (substr(t, 1, 8) || '-' || substr(t, 9, 4) || '-7' || lpad(to_hex(n % 4096), 3, '0') || '-8' || substr(m, 1, 3) || '-' ||
            substr(m, 4, 12))::uuid
      from (select lpad(to_hex((from_ms + n * step)::bigint), 12, '0') as t, md5(n::text) as m) x
  $$`;

/** Message n of all; of the mailbox it is message k. */
const LOAD = `
  with rows as (
    insert into messages (owner_id, message_id, read_at, first_read_at, hidden, registered_mail, provider, sender, message_type,
                          original_message_id, words)
    select case when mine then $1::uuid else md5('owner' || n % $4::bigint)::uuid end, pg_temp.message_id(n, $2, $3),
           case when k % 1000 = 0 then null else now() end, case when k % 1000 = 0 then null else now() end,
           k % 50000 = 1, k % 100 = 2, '${RARE_SENDER}',
           case when k % 200000 = 5 then '${RARE_SENDER}' when mine and k < $7::bigint / 2 then '${OLD_SENDER}'
                when k % 50 = 17 then '${FREQUENT_SENDER}' else '02' || lpad((k % 50)::text, 8, '0') end,
           case when k % 200000 = 3 then '${RARE_TYPE}' else 'TYPE_' || k % 20 end, 'm-' || n,
           case when mine then (select array_agg(w) from unnest($8::int[], $9::bigint[]) as v (share, w) where k % share = 0)
                else (select array_agg(hashint8extended(n % $4::bigint, s)) from generate_series(1, 8) s) end
      from (select n, n % $10::bigint = 0 as mine, n / $10::bigint as k from generate_series($5::bigint, $6::bigint) n) x
     order by n
    returning *
  )
  insert into es.events (month, partition, stream_id, stream_type, revision, event_id, type, schema_version, data, metadata)
  select 0, get_byte(sha256(convert_to(message_id::text, 'UTF8')), 31) % 16, message_id::text, 'message', 1, gen_random_uuid(), 'MessagePublished', 1,
         jsonb_build_object('version', 1, 'ownerId', owner_id, 'provider', provider, 'sender', sender, 'messageType', message_type,
           'expiresOn', null, 'registeredMail', registered_mail, 'originalMessageId', original_message_id, 'sealed', $11::text), '{}'
    from rows order by message_id`;

/** Fills the tables by SQL, and seals what the measured lists can show. */
export const loadBigMailbox = async (options: BigMailboxOptions): Promise<void> => {
  const { adminUrl, words, ownerId, size, total, say } = options;
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    await client.query(`set synchronous_commit = off; set maintenance_work_mem = '1GB'; ${MESSAGE_ID}`);
    const indexes = await dropIndexes(client);
    const others = Math.max(1, Math.floor((total - size) / 10));
    const hashes = SHARES.map((share) => words.hashesOf(ownerId, [wordOf(share)])[0]);
    for (let from = 0; from < total; from += CHUNK) {
      const to = Math.min(total, from + CHUNK) - 1;
      const values = [ownerId, Date.now() - THREE_YEARS_MS, THREE_YEARS_MS / total, others, from, to, size];
      await client.query(LOAD, [...values, [...SHARES], hashes.map(String), Math.floor(total / size), SEALED]);
      say(`${to + 1} of ${total} messages`);
    }
    for (const { name, definition } of indexes) {
      say(`index ${name}`);
      await client.query(definition);
    }
    await sealWhatIsShown(client, options);
    await passOver(client, say);
    say('vacuum');
    await client.query('vacuum analyze messages');
    await client.query('vacuum analyze es.events');
  } finally {
    await client.end();
  }
};

/** The readers of the log would be busy with all of it, which they are not where messages come one by one. */
const passOver = async (client: pg.Client, say: (line: string) => void): Promise<void> => {
  const [holder, partitions] = [randomUUID(), partitionsOf('main')];
  await client.query(
    `insert into es.leases (role, partition, holder, expires_at) select 'log', p, $1, now() + interval '1 hour' from unnest($2::smallint[]) p
     on conflict (role, partition) do update set holder = excluded.holder, expires_at = excluded.expires_at`,
    [holder, partitions],
  );
  for (let stamped = 0; ; ) {
    const { rowCount } = await client.query('select from es.stamp($1, $2, 2000)', [holder, partitions]);
    if (rowCount === 0) break;
    stamped += rowCount ?? 0;
    say(`${stamped} positions`);
  }
  await client.query(`insert into es.steps (reader, partition, after, position, hash)
    select distinct on (partition) 'provider-events', partition, 0, position, hash from es.log where partition < 100
     order by partition, position desc`);
  await client.query(`delete from es.leases where role = 'log'`);
};

interface Index {
  readonly name: string;
  readonly definition: string;
}

/** Secondary indexes are built after the rows. */
const dropIndexes = async (client: pg.Client): Promise<Index[]> => {
  const { rows } = await client.query<Index & { readonly constraint: boolean }>(
    `select i.indexrelid::regclass::text as name, pg_get_indexdef(i.indexrelid) as definition, c.oid is not null as constraint
       from pg_index i left join pg_constraint c on c.conindid = i.indexrelid
      where i.indrelid = 'messages'::regclass and not i.indisprimary`,
  );
  for (const { name, constraint } of rows)
    await client.query(constraint ? `alter table messages drop constraint ${name}` : `drop index ${name}`);
  return rows;
};

const sealWhatIsShown = async (client: pg.Client, { sealer, ownerId, words, size, say }: BigMailboxOptions) => {
  const rare = [100, 1_000, 10_000, 100_000] as const;
  const { rows } = await client.query<{ readonly id: string }>(
    `(select message_id as id from messages where owner_id = $1 order by message_id desc limit 10000)
     union (select message_id from messages where owner_id = $1 and words && $2::bigint[])
     union (select message_id from messages where owner_id = $1 and (hidden or sender = '${RARE_SENDER}' or message_type = '${RARE_TYPE}'))
     union (select message_id from messages where owner_id = $1 and sender = '${OLD_SENDER}' order by message_id desc limit 100)`,
    [ownerId, rare.flatMap((share) => words.hashesOf(ownerId, [wordOf(share)])).map(String)],
  );
  say(`${rows.length} of ${size} messages are sealed`);
  for (let from = 0; from < rows.length; from += 5_000) {
    const ids = rows.slice(from, from + 5_000).map(({ id }) => id);
    const sealed = await sealer.sealAllForSubjects(
      ids.map((id) => ({ personId: ownerId, value: { ...CONTENT }, aad: contentPlace(id) })),
    );
    await client.query(
      `update es.events e set data = jsonb_set(data, '{sealed}', to_jsonb(n.sealed))
         from unnest($1::text[], $2::text[]) n (id, sealed) where e.stream_id = n.id and e.revision = 1`,
      [ids, sealed],
    );
  }
};

const CONTENT = {
  subject: { nl: 'Uw beslissing over de verhoogde tegemoetkoming', fr: 'Votre décision sur l’intervention majorée' },
  documents: [
    {
      id: 'decision-2026-000001',
      name: 'decision.pdf',
      mediaType: 'application/pdf',
      size: 120_000,
      sha256: 'A'.repeat(43),
    },
  ],
} satisfies MessageContent;
