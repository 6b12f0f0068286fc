import { eventually } from '@crossroads/testing';
import { ask } from './databases.js';
import type { WholeMesh } from './whole-mesh.js';

/** How the journal of the exchange and the access log record answered consultations. */
export interface RecordedAccesses {
  /** Tickets without exactly one intent in the journal. */
  readonly notOnceInJournal: readonly string[];
  /** Tickets without exactly one access in the access log. */
  readonly notOnceInAudit: readonly string[];
  /** Intents without an outcome. */
  readonly open: number;
  /** How many accesses of the journals (consultations, refusals, deliveries, mail) are missing or incomplete in the access log. */
  readonly missing: number;
}

interface Intent {
  readonly journalId: string;
  readonly ticket: string;
}

const accessesNow = async (mesh: WholeMesh, tickets: readonly string[]): Promise<RecordedAccesses> => {
  const intents = await ask<Intent>(
    mesh,
    'exchange',
    `select stream_id as "journalId", data->>'ticket' as ticket from es.events where type = 'AccessIntended'`,
  );
  const byTicket = Map.groupBy(intents, ({ ticket }) => ticket);
  const [open] = await ask<{ count: string }>(
    mesh,
    'exchange',
    `select count(*) from es.events i where type = 'AccessIntended'
       and not exists (select from es.events o where o.stream_id = i.stream_id and o.revision = 2)`,
  );
  const listed = await ask<{ id: string }>(mesh, 'access_audit', 'select journal_id as id from accesses');
  const inAudit = Map.groupBy(listed, ({ id }) => id);
  const timesInAudit = (ticket: string) =>
    (byTicket.get(ticket) ?? []).flatMap(({ journalId }) => inAudit.get(journalId) ?? []).length;
  return {
    notOnceInJournal: tickets.filter((ticket) => byTicket.get(ticket)?.length !== 1),
    notOnceInAudit: tickets.filter((ticket) => timesInAudit(ticket) !== 1),
    open: Number(open?.count),
    missing: await missingInAudit(mesh),
  };
};

/** Compares the last revision of each access in its journal with the one in the access log. */
export const missingInAudit = async (mesh: WholeMesh): Promise<number> => {
  const steps = `select stream_id as id, max(revision)::int as last from es.events where stream_type = any($1) group by 1`;
  const heard = `select stream_id as id, max((data->>'revision')::int) as last from es.events where stream_type = 'access' group by 1`;
  const [exchange, subscription, ebox, audit] = await Promise.all([
    ask<Steps>(mesh, 'exchange', steps, [['access', 'refusal']]),
    ask<Steps>(mesh, 'subscription', steps, [['journal']]),
    ask<Steps>(mesh, 'ebox', steps, [['journal']]),
    ask<Steps>(mesh, 'access_audit', heard),
  ]);
  const held = new Map(audit.map(({ id, last }) => [id, last]));
  return [...exchange, ...subscription, ...ebox].filter(({ id, last }) => held.get(id) !== last).length;
};

interface Steps {
  readonly id: string;
  readonly last: number;
}

/** Waits until the access log is complete. After the timeout resolves to what there is, so that the test shows the difference. */
export const recordedAccesses = async (mesh: WholeMesh, tickets: readonly string[]): Promise<RecordedAccesses> => {
  let last: RecordedAccesses | undefined;
  const settled = (accesses: RecordedAccesses) =>
    accesses.open === 0 && accesses.missing === 0 && accesses.notOnceInAudit.length === 0;
  await eventually(async () => (last = await accessesNow(mesh, tickets)), settled).catch(() => undefined);
  return last ?? accessesNow(mesh, tickets);
};
