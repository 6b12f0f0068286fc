import { eventually } from '@crossroads/testing';
import { ask } from './databases.js';
import type { WholeMesh } from './whole-mesh.js';

/** What the exchange's journal and the access log hold of consultations that were answered. */
export interface Accounts {
  /** Tickets that have not exactly one intent in the journal. */
  readonly notOnceInJournal: readonly string[];
  /** Tickets whose access does not stand exactly once in somebody's list. */
  readonly notOnceInAudit: readonly string[];
  /** Intents without an outcome. */
  readonly open: number;
  /** Accesses of the journals (consultations, refusals, deliveries) that the access log does not have in full. */
  readonly missing: number;
}

interface Intent {
  readonly journalId: string;
  readonly ticket: string;
}

const accountsNow = async (mesh: WholeMesh, tickets: readonly string[]): Promise<Accounts> => {
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

/** How far each access has come in its journal, against how far the access log has it: it may be told of once, whole. */
const missingInAudit = async (mesh: WholeMesh): Promise<number> => {
  const steps = `select stream_id as id, max(revision)::int as last from es.events where stream_type = any($1) and revision > 0 group by 1`;
  const heard = `select stream_id as id, max((data->>'revision')::int) as last from es.events where stream_type = 'access' and revision > 0 group by 1`;
  const [exchange, subscription, audit] = await Promise.all([
    ask<Steps>(mesh, 'exchange', steps, [['access', 'refusal']]),
    ask<Steps>(mesh, 'subscription', steps, [['journal']]),
    ask<Steps>(mesh, 'access_audit', heard),
  ]);
  const held = new Map(audit.map(({ id, last }) => [id, last]));
  return [...exchange, ...subscription].filter(({ id, last }) => held.get(id) !== last).length;
};

interface Steps {
  readonly id: string;
  readonly last: number;
}

/** When everything that is under way has arrived, or how things stand after a minute. */
export const settledAccounts = async (mesh: WholeMesh, tickets: readonly string[]): Promise<Accounts> => {
  let last: Accounts | undefined;
  const settled = (accounts: Accounts) =>
    accounts.open === 0 && accounts.missing === 0 && accounts.notOnceInAudit.length === 0;
  await eventually(async () => (last = await accountsNow(mesh, tickets)), settled).catch(() => undefined);
  return last ?? accountsNow(mesh, tickets);
};
