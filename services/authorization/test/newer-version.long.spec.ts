import { eventually } from '@crossroads/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decidedBy, whenDecided } from './decided-by.js';
import { approved, registerWages, submit, watching } from './requests.js';
import { outcomeOf, RunningAuthorization } from './running-authorization.js';
import { storeEvents } from './stored-events.js';

/** There is no status with details: UNAVAILABLE only. */
const NOT_LISTENING = 'code 14';

describe.each([
  ['a type', 'MandateRegistered', 1],
  ['a schema version', 'DeliberationApproved', 2],
])('authorization, when a later version has stored an event of %s that it does not know', (_, type, schemaVersion) => {
  let authorization: RunningAuthorization;
  beforeAll(async () => {
    authorization = await RunningAuthorization.start();
    await authorization.registerMembers();
    await registerWages(authorization);
    await approved(authorization);
  });
  afterAll(() => authorization.close());

  it('serves the policy no longer, says so, and goes on running', async () => {
    const follower = authorization.follow(1_000);
    await whenDecided(follower, 'allowed');
    await storeEvents(authorization.database, follower.revision, [{ type, schemaVersion, data: {} }]);
    await whenDecided(follower, 'POLICY_STALE');
    expect(await answers(authorization.process.port)).toEqual(allRefused);
    expect(authorization.process.output).toContain('NEEDS_NEWER_VERSION');
    expect(authorization.process.output).toContain(type);
    expect(decidedBy(follower)).toBe('POLICY_STALE');
  });

  it('starts all the same, and says so', async () => {
    const another = await authorization.startAnother();
    await eventually(
      () => answers(another.port),
      ([, confirmed]) => confirmed !== NOT_LISTENING,
    );
    expect(await answers(another.port)).toEqual(allRefused);
    expect(another.output).toContain('NEEDS_NEWER_VERSION');
    expect(await another.stop()).toBe(0);
  });

  const answers = async (port: number) => {
    const exchange = authorization.as('exchange', 20_000, port);
    const office = authorization.as('welfareOffice', 1_000, port);
    return [
      await outcomeOf(exchange.watch(watching(0n))[Symbol.asyncIterator]().next()),
      await outcomeOf(
        exchange.confirmPolicy({ policyRevision: 0n, policyHash: Buffer.alloc(0) }, { deadlineMs: 1_000 }),
      ),
      await outcomeOf(office.listDataServices({ pageSize: 0, pageToken: '' })),
      await outcomeOf(submit(authorization, {}, office)),
    ];
  };
  const allRefused = Array.from({ length: 4 }, () => 'NEEDS_NEWER_VERSION');
});
