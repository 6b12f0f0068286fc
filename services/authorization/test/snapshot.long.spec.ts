import { eventually } from '@crossroads/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { approved, registerWages, storedDeliberation, submit, watching } from './requests.js';
import { asSuperuser } from './restored-database.js';
import { outcomeOf, RunningAuthorization } from './running-authorization.js';
import { storeEvents } from './stored-events.js';

/** More than a page of the snapshot. */
const SUBMITTED = 2_100;

describe('the stored snapshot of the policy', () => {
  let authorization: RunningAuthorization;
  let early: { readonly policyRevision: bigint; readonly policyHash: Buffer };
  beforeAll(async () => {
    authorization = await RunningAuthorization.start();
    await authorization.registerMembers();
    await registerWages(authorization);
    await approved(authorization);
    early = await authorization.as('exchange').confirmPolicy({ policyRevision: 0n, policyHash: Buffer.alloc(0) });
    const events = Array.from({ length: SUBMITTED }, (_, n) => ({
      type: 'DeliberationSubmitted',
      data: { deliberation: storedDeliberation(`d-${n}`, 'SUBMITTED') },
    }));
    await storeEvents(authorization.database, early.policyRevision, events);
    await stored();
  });
  afterAll(() => authorization.close());

  const stored = () =>
    eventually(
      async () =>
        (await asSuperuser<{ revision: string }>(authorization.database, 'select revision from policy_snapshot'))[0],
      (row) => BigInt(row?.revision ?? 0) >= early.policyRevision + BigInt(SUBMITTED),
    );
  const list = async () => {
    const references: string[] = [];
    for (let pageToken = ''; ; ) {
      const page = await authorization
        .as('administrator')
        .listDeliberations({ recipient: '', pageSize: 1_000, pageToken });
      references.push(...page.deliberations.map(({ deliberationId, title }) => `${deliberationId} ${title}`));
      if (page.nextPageToken === '') return references;
      pageToken = page.nextPageToken;
    }
  };
  const restart = async () => {
    await authorization.process.stop();
    await authorization.process.launch();
  };
  /** Events are never changed: this shows whether a start reads them. */
  const retitle = (title: string) =>
    asSuperuser(
      authorization.database,
      `update es.events set data = jsonb_set(data, '{deliberation,title}', to_jsonb($2::text)) where stream_id = 'policy' and revision = $1`,
      [early.policyRevision + 1n, title],
    );

  it('is what a start reads, besides later events: the same policy in the same order', async () => {
    await submit(authorization, { title: 'later than the snapshot' });
    const before = await list();
    expect(before).toHaveLength(SUBMITTED + 2);
    await retitle('read from the events');
    await restart();
    expect(await list()).toEqual(before);
    expect(await outcomeOf(submit(authorization))).toBe('OK');
  });

  it('has the head of each earlier revision, so that followers that come back are compared', async () => {
    const exchange = authorization.as('exchange');
    const from = (fromHash: Buffer) =>
      exchange
        .watch({ ...watching(early.policyRevision), fromHash })
        [Symbol.asyncIterator]()
        .next();
    expect(await from(early.policyHash)).toMatchObject({ value: { message: { $case: 'snapshotPart' } } });
    expect(await outcomeOf(exchange.confirmPolicy(early))).toBe('OK');
  });

  it('is left aside by a version that stores another form, and stored anew from the events', async () => {
    const titles = async () => (await list()).filter((one) => one.endsWith('read from the events'));
    expect(await titles()).toEqual([]);
    await asSuperuser(authorization.database, 'update policy_snapshot set schema_version = 0');
    await restart();
    expect(await titles()).toHaveLength(1);
    await stored();
    await restart();
    expect(await titles()).toHaveLength(1);
  });

  it('is left aside when it is of another history', async () => {
    await retitle('read once more');
    await asSuperuser(authorization.database, `update policy_heads set hash = sha256('x')`);
    await restart();
    expect(authorization.process.output).toContain('of another history');
    expect((await list()).filter((one) => one.endsWith('read once more'))).toHaveLength(1);
  });
});
