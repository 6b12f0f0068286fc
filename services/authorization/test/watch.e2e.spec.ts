import type { WatchResponse } from '@crossroads/contracts/authorization/v1/authorization_service';
import { TermKind } from '@crossroads/contracts/authorization/v1/policy';
import { newRequestId, Unavailable } from '@crossroads/grpc';
import { parseIsoDay } from '@crossroads/identifiers';
import { decide as decideNow, type Question } from '@crossroads/policy';
import { eventually, ownPostgres } from '@crossroads/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import {
  approved,
  documentProvider,
  grant,
  registerWages,
  revoke,
  storedDeliberation,
  submit,
  wages,
  watching,
  term,
} from './requests.js';
import { numbers, RunningAuthorization } from './running-authorization.js';
import { storeEvents } from './stored-events.js';

const day = parseIsoDay('2026-06-15');
if (!day) throw new TypeError('no day');
const question: Question = {
  customer: numbers.welfareOffice,
  peer: { kind: 'service', name: 'exchange', spki: '' },
  dataService: wages.dataService,
  requestedFieldGroups: [],
  legalContext: 'PCSA:SOCIAL_INQUIRY',
  inscriptionContexts: ['17/2'],
  mode: 'online',
  day,
};

describe('whoever follows the policy', () => {
  let authorization: RunningAuthorization;
  beforeAll(async () => {
    // One test holds a transaction open.
    await ownPostgres();
    authorization = await RunningAuthorization.start();
    await authorization.registerMembers();
    await registerWages(authorization);
  });
  afterAll(() => authorization.close());

  const outcome = (follower: ReturnType<RunningAuthorization['follow']>, legalContext = question.legalContext) => {
    try {
      const decision = decideNow(follower.policy(), { ...question, legalContext });
      return decision.allowed ? 'allowed' : decision.reason;
    } catch (error) {
      if (error instanceof Unavailable) return error.reason;
      throw error;
    }
  };
  const when = (follower: ReturnType<RunningAuthorization['follow']>, wanted: string, legalContext?: string) =>
    eventually(
      () => outcome(follower, legalContext),
      (seen) => seen === wanted,
    );

  it('sees a revocation at once', async () => {
    const follower = authorization.follow();
    const seen = new Map<bigint, number>();
    follower.onChange((_, revision) => void seen.set(revision, performance.now()));
    const latencies: number[] = [];
    for (let round = 0; round < 20; round++) {
      const id = await approved(authorization);
      await when(follower, 'allowed');
      const { policyRevision } = await revoke(authorization, id);
      const answered = performance.now();
      await follower.whenAt(policyRevision);
      expect(outcome(follower)).toBe('DELIBERATION_REVOKED');
      latencies.push((seen.get(policyRevision) ?? Number.NaN) - answered);
    }
    latencies.sort((a, b) => a - b);
    process.stdout.write(
      `revocation answered → in force at a follower: median ${latencies[10]?.toFixed(1)} ms, worst ${latencies.at(-1)?.toFixed(1)} ms (negative: before the answer)\n`,
    );
  });

  it('sees it while a transaction of somebody else holds the log back', async () => {
    const follower = authorization.follow();
    const slow = new pg.Client({ connectionString: authorization.database.adminUrl });
    await slow.connect();
    await slow.query('begin');
    await slow.query('select pg_current_xact_id()');
    const id = await approved(authorization);
    await when(follower, 'allowed');
    await revoke(authorization, id);
    await when(follower, 'DELIBERATION_REVOKED');
    await slow.query('rollback');
    await slow.end();
  });

  it('sees what another process appended', async () => {
    const follower = authorization.follow();
    await when(follower, 'DELIBERATION_REVOKED');
    const next = follower.revision + 1n;
    const deliberation = storedDeliberation('from-elsewhere', 'APPROVED');
    await storeEvents(authorization.database, follower.revision, [
      { type: 'DeliberationApproved', data: { deliberation, reason: 'x' } },
    ]);
    const committed = performance.now();
    await follower.whenAt(next);
    process.stdout.write(
      `appended by another process → in force at a follower: ${(performance.now() - committed).toFixed(0)} ms\n`,
    );
    expect(outcome(follower)).toBe('allowed');
  });

  it('gets document providers as they are registered, and in a snapshot', async () => {
    const administrator = authorization.as('administrator');
    const follower = authorization.follow();
    const { policyRevision } = await administrator.registerDocumentProvider({
      requestId: newRequestId(),
      documentProvider,
    });
    const later = authorization.follow();
    for (const one of [follower, later]) {
      await one.whenAt(policyRevision);
      expect(one.policy().documentProvider(documentProvider.enterpriseNumber)).toEqual(documentProvider);
    }
  });

  it('gets in which contexts an institution inscribes, and in a snapshot', async () => {
    const follower = authorization.follow();
    const inscriptionGrant = {
      enterpriseNumber: numbers.welfareOffice,
      inscriptionContexts: ['PCSA:LIVING_WAGE'],
      earlierStarts: true,
      dailyPersons: { consulted: 1_000, inscribed: 500, misses: 50 },
    };
    const { policyRevision } = await authorization
      .as('committee')
      .grantInscriptions({ requestId: newRequestId(), inscriptionGrant });
    const later = authorization.follow();
    for (const one of [follower, later]) {
      await one.whenAt(policyRevision);
      // As its code, which is what the directory compares.
      expect(one.policy().dailyPersons(numbers.welfareOffice)).toEqual({
        consulted: 1_000,
        inscribed: 500,
        misses: 50,
      });
      expect(one.policy().inscriptionGrant(numbers.welfareOffice)).toEqual({
        ...inscriptionGrant,
        inscriptionContexts: ['17/2'],
      });
    }
  });

  it('goes on deciding after terms, which it does not hold', async () => {
    const administrator = authorization.as('administrator');
    const follower = authorization.follow();
    const both = [term, { ...term, kind: TermKind.TERM_KIND_DATA_SERVICE, name: 'employment.wages.v1' }];
    const { policyRevision } = await administrator.registerTerms({ requestId: newRequestId(), terms: both });
    const later = authorization.follow();
    for (const one of [follower, later]) {
      await one.whenAt(policyRevision);
      await when(one, 'allowed');
    }
    const again = await administrator.registerTerms({ requestId: newRequestId(), terms: both });
    expect(again.policyRevision).toBe(policyRevision);
  });

  it('refuses once authorization was killed, and comes back by itself with what it missed', async () => {
    const follower = authorization.follow(1_000);
    await when(follower, 'allowed');
    const { deliberationId } = await submit(authorization);
    const revision = follower.revision;
    await authorization.process.stop('SIGKILL');
    const killed = performance.now();
    await when(follower, 'POLICY_STALE');
    process.stdout.write(`killed → refuses (set to 1,000 ms here): ${(performance.now() - killed).toFixed(0)} ms\n`);
    expect(() => follower.requireRegistered(question.peer)).toThrow(Unavailable);
    await authorization.process.launch();
    await when(follower, 'allowed');
    expect(follower.revision).toBeGreaterThanOrEqual(revision);
    expect(follower.policy().deliberation(deliberationId)).toBeDefined();
  });

  it('hears nothing while authorization has no database, since nobody could tell what is in force', async () => {
    const follower = authorization.follow(1_000);
    await eventually(
      () => follower.ready(),
      (ready) => ready,
    );
    const admin = new pg.Client({
      connectionString: authorization.database.adminUrl.replace(`/${authorization.database.name}`, '/postgres'),
    });
    await admin.connect();
    await admin.query(`alter database ${authorization.database.name} allow_connections false`);
    await admin.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [
      authorization.database.name,
    ]);
    await eventually(
      () => follower.ready(),
      (ready) => !ready,
    );
    await admin.query(`alter database ${authorization.database.name} allow_connections true`);
    await admin.end();
    await eventually(
      () => follower.ready(),
      (ready) => ready,
    );
  });

  it('gets the policy in parts that are never much larger than a megabyte, while another one reads nothing', async () => {
    const names = Array.from({ length: 100 }, (_, index) => `LARGE:CONTEXT_NUMBER_${index}_${'X'.repeat(30)}`);
    const grants = Array.from({ length: 20 }, () => ({ ...grant, legalContexts: names, inscriptionContexts: names }));
    for (let index = 0; index < 12; index++) await submit(authorization, { grants, reference: `large ${index}` });
    const slow = authorization.as('exchange').watch(watching(0n))[Symbol.asyncIterator]();
    await slow.next();
    const parts: WatchResponse[] = [];
    for await (const message of authorization.as('exchange').watch(watching(0n))) {
      parts.push(message);
      if (message.message?.$case === 'snapshotPart' && message.message.value.last) break;
    }
    expect(parts.length).toBeGreaterThan(2);
    const flags = parts.map(({ message }) =>
      message?.$case === 'snapshotPart' ? [message.value.first, message.value.last] : [],
    );
    expect(flags).toEqual(parts.map((_, index) => [index === 0, index === parts.length - 1]));
    await slow.return?.();
  });

  it('goes on from the revision that it holds, without the rest', async () => {
    const { policyRevision } = await submit(authorization);
    for await (const { message, policyRevision: at } of authorization
      .as('exchange')
      .watch(watching(policyRevision - 1n))) {
      expect(message?.$case).toBe('change');
      expect(at).toBe(policyRevision);
      break;
    }
  });
});
