import { eventually } from '@crossroads/testing';
import { registerWages, storedDeliberation } from './requests.js';
import { asSuperuser } from './restored-database.js';
import { RunningAuthorization } from './running-authorization.js';
import { storeEvents } from './stored-events.js';

/**
 * How long a start takes with many deliberations, each submitted and approved: from the stored snapshot, and from all events; and how
 * long a new follower waits. `node services/authorization/dist/test/start.bench.js`; progress goes to the error output, the figures as
 * JSON to the other.
 */
const { POLICY_DELIBERATIONS = '100000' } = process.env;
const SIZE = Number(POLICY_DELIBERATIONS);
const RECIPIENTS = 500;

const progress = (what: string) => void process.stderr.write(`${what}\n`);

const since = (start: number): number => Math.round(performance.now() - start);

const authorization = await RunningAuthorization.start();
try {
  const { database } = authorization;
  await authorization.registerMembers();
  const { policyRevision } = await registerWages(authorization);
  await authorization.process.stop();
  progress(`storing ${SIZE} deliberations`);
  const events = (['SUBMITTED', 'APPROVED'] as const).flatMap((state) =>
    Array.from({ length: SIZE }, (_, n) => ({
      type: state === 'SUBMITTED' ? 'DeliberationSubmitted' : 'DeliberationApproved',
      data: { deliberation: storedDeliberation(`d-${n}`, state, `recipient-${n % RECIPIENTS}`), reason: '' },
    })),
  );
  await storeEvents(database, policyRevision, events, (stored) => {
    if (stored % 50_000 === 0) progress(`  ${stored} of ${events.length} events`);
  });
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
