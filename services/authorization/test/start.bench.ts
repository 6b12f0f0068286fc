import { eventually } from '@crossroads/testing';
import { draft, grant, registerWages } from './requests.js';
import { asSuperuser } from './restored-database.js';
import { RunningAuthorization } from './running-authorization.js';

/**
 * How long a start takes with many deliberations, each submitted and approved: from the stored snapshot, and from all events; and how
 * long a new follower waits. `node services/authorization/dist/test/start.bench.js`; progress goes to the error output, the figures as
 * JSON to the other.
 */
const { POLICY_DELIBERATIONS = '100000' } = process.env;
const SIZE = Number(POLICY_DELIBERATIONS);

const progress = (what: string) => void process.stderr.write(`${what}\n`);

const since = (start: number): number => Math.round(performance.now() - start);

const authorization = await RunningAuthorization.start();
try {
  const { database } = authorization;
  await authorization.registerMembers();
  const { policyRevision } = await registerWages(authorization);
  await authorization.process.stop();
  progress(`storing ${SIZE} deliberations`);
  const deliberation = { ...draft, grants: [{ ...grant, validity: {} }], submittedBy: 'x' };
  for (const [offset, type, state] of [
    [0, 'DeliberationSubmitted', 'SUBMITTED'],
    [SIZE, 'DeliberationApproved', 'APPROVED'],
  ] as const)
    await asSuperuser(
      database,
      `insert into es.events (revision, event_id, schema_version, stream_id, stream_type, type, data, metadata)
       select $1 + n, gen_random_uuid(), 1, 'policy', 'policy', $3,
              jsonb_build_object('deliberation', $2::jsonb || jsonb_build_object('deliberationId', gen_random_uuid())), '{}'
         from generate_series(1, ${SIZE}) n`.replace(
        'gen_random_uuid())),',
        `'00000000-0000-0000-0000-' || lpad(n::text, 12, '0'))),`,
      ),
      [policyRevision + BigInt(offset), { ...deliberation, state }, type],
    );
  const last = policyRevision + 2n * BigInt(SIZE);

  const start = async (): Promise<number> => {
    const from = performance.now();
    await authorization.process.launch();
    return since(from);
  };
  progress('starting from all events');
  const fromEventsMs = await start();
  progress('waiting for the snapshot');
  await eventually(
    async () => (await asSuperuser<{ revision: string }>(database, 'select revision from policy_snapshot'))[0],
    (row) => BigInt(row?.revision ?? 0) >= last,
  );
  await authorization.process.stop();
  progress('starting from the snapshot');
  const fromSnapshotMs = await start();
  progress('following');
  const from = performance.now();
  await authorization.follow().whenAt(last, 60_000);
  const followerMs = since(from);
  process.stdout.write(`${JSON.stringify({ deliberations: SIZE, fromEventsMs, fromSnapshotMs, followerMs })}\n`);
} finally {
  await authorization.close();
}
