import { ConsultationStatus } from '@crossroads/contracts/access/v1/access_record';
import type { ConsultResponse } from '@crossroads/contracts/exchange/v1/exchange_service';
import { newRequestId, RemoteError } from '@crossroads/grpc';
import { IDENTIFICATION, PURPOSES, WAGES } from '@crossroads/local';
import { eventually } from '@crossroads/testing';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { recordedAccesses } from '../recorded-accesses.js';
import { openDatabase, withDatabase } from '../databases.js';
import { move, startLoad } from '../load.js';
import { progress, WholeMesh } from '../whole-mesh.js';
import { generatedPeople, generatedSsins } from '../people.js';
import { distinct, faultsOf, readTopic, type TopicReader } from '../topic-reader.js';

const PEOPLE = 20;
const SSINS = generatedSsins(PEOPLE);
const [SOMEBODY = ''] = SSINS;

let mesh: WholeMesh;
let reader: TopicReader;
let subscriptionId: string;
let granted: { readonly fund: string; readonly office: string };

beforeAll(async () => {
  mesh = await WholeMesh.start();
  await mesh.load(() => generatedPeople(PEOPLE));
  const [fund = '', office = ''] = await mesh.decide('health-fund', 'welfare-office');
  granted = { fund, office };
  await mesh.inscribe('health-fund', SSINS);
  await mesh.inscribe('welfare-office', SSINS);
  ({ subscriptionId } = await mesh.subscribe('health-fund'));
  reader = await readTopic(mesh, 'health-fund');
});

afterAll(async () => {
  await reader?.close();
  await mesh?.stop();
});

const consult = (dataServices: readonly string[] = [IDENTIFICATION], deadlineMs = 10_000): Promise<ConsultResponse> =>
  mesh
    .as('welfare-office')
    .consult({ ssin: SOMEBODY, legalContext: PURPOSES['welfare-office'].legalContext, dataServices }, { deadlineMs });

const refusal = async (asking: Promise<unknown>): Promise<string> => {
  try {
    await asking;
    return 'answered';
  } catch (error) {
    return error instanceof RemoteError ? error.reason || status[error.code] : String(error);
  }
};

const partsOf = ({ results }: ConsultResponse): string[] =>
  results.map(({ status: outcome, reason }) =>
    outcome === ConsultationStatus.CONSULTATION_STATUS_NO_RESULT ? reason : 'answered',
  );

/** Waits until a consultation is answered, so that earlier faults do not matter to a test. */
const eventuallyAnswered = (): Promise<unknown> =>
  eventually(
    () => refusal(consult()),
    (said) => said === 'answered',
  );

describe('a source that does not answer', () => {
  afterAll(async () => {
    await eventually(
      () => consult([WAGES]).then(partsOf),
      ([part]) => part === 'answered',
    );
  });

  it('a source that does not answer delays only its own part of a consultation, whose reason is SOURCE_TIMEOUT', async () => {
    await mesh.whileSuspended('wages-source', async () => {
      const both = await consult([IDENTIFICATION, WAGES]);
      expect(partsOf(both)).toEqual(['answered', 'SOURCE_TIMEOUT']);
      const order: string[] = [];
      const other = consult([WAGES]).then((answer) => (order.push('wages'), answer));
      await consult([IDENTIFICATION]);
      order.push('identification');
      expect(partsOf(await other)).toEqual(['SOURCE_TIMEOUT']);
      expect(order).toEqual(['identification', 'wages']);
    });
  });

  it('a source that was killed is reported as unavailable, and is asked again when it is back', async () => {
    const back = mesh.local.kill('wages-source');
    const said = await eventually(
      () => consult([IDENTIFICATION, WAGES]).then(partsOf),
      ([, wages]) => wages !== 'answered',
    );
    expect(said[0]).toBe('answered');
    expect(['SOURCE_UNAVAILABLE', 'SOURCE_TIMEOUT']).toContain(said[1]);
    await back;
  });
});

describe('concurrent writers with slow commits', () => {
  const WRITERS = 20;
  const EACH = 4;

  it('concurrent changes with slow commits reach a subscriber once each and without a gap, while a transaction stays open', async () => {
    const before = distinct(reader, subscriptionId).length;
    await slowCommits(true);
    // Transaction ids belong to the whole server: an open one, of whatever database, must hold back nobody else's events.
    const held = await openDatabase(mesh, 'access_audit');
    try {
      await held.query(`begin; set local idle_in_transaction_session_timeout = 0`);
      await held.query('select pg_current_xact_id()');
      const writers = SSINS.slice(0, WRITERS).map(async (ssin, writer) => {
        const revisions: string[] = [];
        for (let n = 0; n < EACH; n++)
          revisions.push(`${ssin} ${await move(mesh.as('municipality'), ssin, `slow-${writer}-${n}`)}`);
        return revisions;
      });
      const written = (await Promise.all(writers)).flat();
      await eventually(
        () => distinct(reader, subscriptionId).length,
        (count) => count >= before + WRITERS * EACH,
      );
      const [open] = (
        await held.query<{ still: boolean }>('select pg_current_xact_id_if_assigned() is not null as still')
      ).rows;
      expect(open?.still).toBe(true);
      await held.query('commit');
      expect(faultsOf(reader, subscriptionId)).toEqual([]);
      const delivered = distinct(reader, subscriptionId)
        .slice(before)
        .map(({ content }) =>
          content?.$case === 'mutation' ? `${content.value.ssin} ${content.value.sourceRevision}` : 'closing',
        );
      expect(delivered.toSorted()).toEqual(written.toSorted());
    } finally {
      await held.end();
      await slowCommits(false);
    }
  });

  /** Each commit of the registry takes up to 300 ms more, so that transactions end in another order than they began. */
  const slowCommits = (slow: boolean): Promise<unknown> =>
    withDatabase(mesh, 'person_registry', (client) =>
      client.query(
        slow
          ? `create function slow_commit() returns trigger language plpgsql security definer as
               $$ begin perform pg_sleep(random() * 0.3); return null; end $$;
             create constraint trigger slow_commit after insert on es.events deferrable initially deferred
               for each row execute function slow_commit()`
          : 'drop function slow_commit() cascade',
      ),
    );
});

describe('an authorization service that does not answer', () => {
  it('consultations are refused when the policy is too old, and answered again when authorization is back', async () => {
    await eventuallyAnswered();
    await mesh.whileSuspended('authorization', async () => {
      const from = performance.now();
      await eventually(
        () => refusal(consult()),
        (said) => said === 'POLICY_STALE',
      );
      const stale = (performance.now() - from) / 1_000;
      progress(`refused with POLICY_STALE ${stale.toFixed(1)} s after authorization stopped`);
      // Each service decides by what it heard last, which may be a moment earlier or later than the others.
      const subscribing = () =>
        mesh.as('health-fund').subscriptions.listSubscriptions({ institution: '', pageSize: 1, pageToken: '' });
      await eventually(
        () => refusal(subscribing()),
        (said) => said === 'POLICY_STALE',
      );
    });
    const again = performance.now();
    await eventuallyAnswered();
    progress(`answered again ${((performance.now() - again) / 1_000).toFixed(1)} s after it went on`);
  });
});

describe('a revocation under load', () => {
  it('a revocation under load ends all answers, a closing notice is the last delivery, and consultations are refused with that reason', async () => {
    await eventuallyAnswered();
    const load = startLoad(mesh, SSINS, { consulters: 6, movers: 3, pauseMs: 5 });
    const before = distinct(reader, subscriptionId).length;
    await eventually(
      () => load.result.answered.length,
      (count) => count > 50,
    );
    await eventually(
      () => distinct(reader, subscriptionId).length,
      (count) => count > before + 10,
    );

    const asked = performance.now();
    for (const deliberationId of [granted.office, granted.fund])
      await mesh
        .as('committee')
        .authorization.revokeDeliberation({ requestId: newRequestId(), deliberationId, reason: 'for a test' });
    const revoked = performance.now();
    await eventually(
      () => distinct(reader, subscriptionId).at(-1)?.content?.$case,
      (last) => last === 'closing',
    );
    const refusals = () => load.result.failed.get('DELIBERATION_REVOKED') ?? 0;
    // What was in flight when the first were refused has ended by then: each client sends one request at a time.
    const first = await eventually(refusals, (count) => count >= 60);
    const answeredBefore = load.result.answered.length;
    await eventually(refusals, (count) => count >= first + 60);
    expect(load.result.answered).toHaveLength(answeredBefore);
    const { answered } = await load.stop();

    const last = Math.max(...answered.map(({ at }) => at));
    progress(
      `last answer ${(last - asked).toFixed(0)} ms after the revocation was asked for, ${(last - revoked).toFixed(0)} ms after it was answered`,
    );

    const notice = distinct(reader, subscriptionId).at(-1);
    expect(notice?.content).toMatchObject({ $case: 'closing', value: { reason: 'GRANT_REVOKED' } });
    expect(faultsOf(reader, subscriptionId)).toEqual([]);
    const listed = await mesh
      .as('health-fund')
      .subscriptions.listSubscriptions({ institution: '', pageSize: 10, pageToken: '' });
    const subscription = listed.subscriptions.find((one) => one.subscriptionId === subscriptionId);
    expect(subscription?.lastSequence).toBe(notice?.sequence);
    const accesses = await recordedAccesses(
      mesh,
      answered.map(({ ticket }) => ticket),
    );
    expect(accesses).toEqual({ notOnceInJournal: [], notOnceInAudit: [], open: 0, missing: 0 });
    expect(await refusal(consult())).toBe('DELIBERATION_REVOKED');
  });
});
