import { newRequestId, RemoteError } from '@crossroads/grpc';
import { ownPostgres } from '@crossroads/testing';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decidedBy, decisionsUntil, whenDecided } from './decided-by.js';
import { approved, registerWages, revoke, submit } from './requests.js';
import { asSuperuser, backUp, dropLost, restore } from './restored-database.js';
import { outcomeOf, RunningAuthorization } from './running-authorization.js';

const NO_HEAD = { policyRevision: 0n, policyHash: Buffer.alloc(0) };

describe('a database of authorization that was restored to an older copy', () => {
  let authorization: RunningAuthorization;
  let deliberationId: string;
  beforeAll(async () => {
    // Databases are renamed.
    await ownPostgres();
    authorization = await RunningAuthorization.start();
    await authorization.registerMembers();
    await registerWages(authorization);
    deliberationId = await approved(authorization);
  });
  afterAll(async () => {
    await dropLost(authorization.database);
    await authorization.close();
  });

  const accept = (policyRevision: bigint) =>
    authorization.as('administrator').acceptPolicyFork({ requestId: newRequestId(), policyRevision });
  const openForks = () =>
    asSuperuser<{ held_by: string }>(
      authorization.database,
      'select held_by from policy_forks where accepted_at is null order by revision',
    );
  const metadataOf = async (call: Promise<unknown>) => {
    const error: unknown = await call.catch((thrown: unknown) => thrown);
    return error instanceof RemoteError ? error.metadata : {};
  };

  it('gives nobody the policy: not who was ahead, not who starts and remembers nothing, also once it has grown past', async () => {
    const { process } = authorization;
    const follower = authorization.follow();
    await whenDecided(follower, 'allowed');
    await process.stop();
    await backUp(authorization.database);
    await process.launch();
    await revoke(authorization, deliberationId);
    await whenDecided(follower, 'DELIBERATION_REVOKED');

    await process.stop();
    await restore(authorization.database);
    await process.launch();
    await whenDecided(follower, 'POLICY_FORKED');
    const newcomer = authorization.follow();
    await whenDecided(newcomer, 'POLICY_FORKED');
    await submit(authorization);
    const { policyRevision } = await submit(authorization);
    expect(policyRevision).toBeGreaterThan(follower.revision);
    const exchange = authorization.as('exchange');
    expect(await exchange.confirmPolicy(NO_HEAD).catch((error: unknown) => error)).toMatchObject({
      code: status.FAILED_PRECONDITION,
      reason: 'POLICY_FORKED',
    });
    expect([decidedBy(follower), decidedBy(newcomer)]).toEqual(['POLICY_FORKED', 'POLICY_FORKED']);
    expect(process.output).toContain('POLICY_FORKED');
    expect(await openForks()).toEqual([{ held_by: 'exchange' }]);
  });

  it('is accepted by an administrator who has looked at the revision that it has', async () => {
    const follower = authorization.follow();
    expect(await outcomeOf(accept(1n))).toBe('POLICY_CHANGED');
    const { policyRevision: shown = '' } = await metadataOf(accept(1n));
    await whenDecided(follower, 'POLICY_FORKED');
    // What was lost is entered again, before anybody decides by what is left.
    const { policyRevision } = await revoke(authorization, deliberationId);
    expect(policyRevision).toBe(BigInt(shown) + 1n);
    const request = { requestId: newRequestId(), policyRevision };
    const accepted = await authorization.as('administrator').acceptPolicyFork(request);
    expect(accepted).toMatchObject({ policyRevision, lost: [{ heldBy: 'exchange' }] });
    expect(await decisionsUntil(follower, 'DELIBERATION_REVOKED')).not.toContain('allowed');
    expect(await authorization.as('administrator').acceptPolicyFork(request)).toEqual(accepted);
    expect(await openForks()).toEqual([]);
  });

  it('is noticed by authorization itself when it goes on running, and who held the lost head takes the policy anew', async () => {
    const { process } = authorization;
    await process.stop();
    await backUp(authorization.database);
    await process.launch();
    const follower = authorization.follow();
    const { policyRevision: lost } = await submit(authorization);
    await follower.whenAt(lost);
    await restore(authorization.database);
    await whenDecided(follower, 'POLICY_FORKED');
    const heldBy = (await openForks()).map(({ held_by }) => held_by);
    expect(heldBy).toContain('authorization');
    await accept(lost - 1n);
    await whenDecided(follower, 'DELIBERATION_REVOKED');
    expect(follower.revision).toBe(lost - 1n);
  });
});
