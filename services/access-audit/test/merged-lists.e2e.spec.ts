import { AccessKind, AccessResult } from '@crossroads/contracts/access/v1/access_record';
import type { Access } from '@crossroads/contracts/audit/v1/audit_service';
import { NumberState } from '@crossroads/contracts/directory/v1/directory_service';
import { ProposalKind, ProposalStated, ProposalStep } from '@crossroads/contracts/person/v1/proposal';
import { newRequestId } from '@crossroads/grpc';
import { eventually } from '@crossroads/testing';
import { type ServiceProcess, TestMesh, type TestPublisher } from '@crossroads/testing/mesh';
import { PERSON_TOPIC } from '@crossroads/topology';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { access, refused, someone } from './accesses.js';
import { type AuditClient, PORTAL, WELFARE, World } from './world.js';

const DAY_MS = 86_400_000;

describe('the lists of two persons who became one', () => {
  let mesh: TestMesh;
  let world: World;
  let registry: TestPublisher;
  let running: ServiceProcess;
  let portal: AuditClient;
  let counter = 0;

  beforeAll(async () => {
    mesh = await TestMesh.start('access-audit');
    world = await World.create(mesh);
    registry = await mesh.publisher('person-registry', PERSON_TOPIC);
    running = await mesh.startProcess();
    portal = world.client(running, PORTAL);
  }, 120_000);
  afterAll(() => mesh.stop(), 60_000);

  const list = async (ssin: string): Promise<readonly Access[]> => {
    const request = { pageSize: 200, pageToken: '', withoutOwn: true, enterpriseNumber: '', filter: undefined };
    const metadata = { authorization: `Bearer ${await world.token(ssin)}` };
    return (await portal.listAccesses(request, { metadata })).accesses;
  };

  /** Two persons with one look each, and a merge of the first into the second. */
  const merged = async (mergeTime: Date, contested = false) => {
    const [merged, survivor] = [someone(++counter), someone(++counter)];
    const { personId } = survivor;
    const merges = [{ personId: merged.personId, mergeTime, contested }];
    const more = { mergedPersonIds: [merged.personId], merges };
    world.directory.put(survivor, [], more);
    const state = NumberState.NUMBER_STATE_REPLACED;
    world.directory.put({ ssin: merged.ssin, personId }, [], { ...more, state, ownPersonId: merged.personId });
    const looks = { merged: access(merged), survivor: access(survivor) };
    for (const look of Object.values(looks)) await world.exchange.append(refused(look, 'NOT_INSCRIBED'));
    const shown = async (ssin: string) => (await list(ssin)).map(({ journalId }) => journalId).sort();
    await eventually(
      () => Promise.all([shown(merged.ssin), shown(survivor.ssin)]),
      (all) => all.every(({ length }) => length > 0) && new Set(all.flat()).size === 2,
    );
    return {
      lists: { merged: await shown(merged.ssin), survivor: await shown(survivor.ssin) },
      own: { merged: [looks.merged.journalId], survivor: [looks.survivor.journalId] },
    };
  };

  it('are apart on day 29, for each of the two', async () => {
    const { lists, own } = await merged(new Date(Date.now() - 30 * DAY_MS + 60_000));
    expect(lists).toEqual(own);
  });

  it('are shown together on day 30', async () => {
    const { lists, own } = await merged(new Date(Date.now() - 30 * DAY_MS));
    const both = [...own.merged, ...own.survivor].sort();
    expect(lists).toEqual({ merged: both, survivor: both });
  });

  it('are apart for ever when the merge is contested', async () => {
    const { lists, own } = await merged(new Date(0), true);
    expect(lists).toEqual(own);
  });

  it('say what officials do about the numbers, to each of the two at once', async () => {
    const persons = [someone(++counter), someone(++counter)];
    for (const person of persons) world.directory.put(person);
    const proposalId = newRequestId();
    const time = new Date();
    const effectiveTime = new Date(time.getTime() + DAY_MS);
    const state = (personId: string, step: ProposalStep, revision: bigint) =>
      registry.append({
        type: 'persons.notify.proposal_stated',
        streamId: personId,
        revision,
        key: personId,
        data: ProposalStated.encode({
          personId,
          statement: {
            proposalId,
            kind: ProposalKind.PROPOSAL_KIND_MERGE,
            step,
            byPerson: false,
            effectiveTime: step === ProposalStep.PROPOSAL_STEP_CONFIRMED ? effectiveTime : undefined,
          },
          reporter: WELFARE,
          officialRole: 'registrar',
          officialId: 'desk-1',
          // The list has whole seconds.
          time: new Date(time.getTime() + Number(revision) * 1_000),
        }).finish(),
      });
    for (const { personId } of persons) {
      await state(personId, ProposalStep.PROPOSAL_STEP_PROPOSED, 1n);
      await state(personId, ProposalStep.PROPOSAL_STEP_CONFIRMED, 2n);
    }
    await registry.replay();
    for (const { ssin } of persons) {
      const seen = await eventually(
        () => list(ssin),
        ({ length }) => length === 2,
      );
      expect(seen).toMatchObject([
        { proposal: { proposalId, step: ProposalStep.PROPOSAL_STEP_CONFIRMED, effectiveTime } },
        {
          kind: AccessKind.ACCESS_KIND_NUMBER_PROPOSAL,
          customer: WELFARE,
          customerName: `Institution ${WELFARE}`,
          officialRole: 'registrar',
          result: AccessResult.ACCESS_RESULT_ANSWERED,
          concluded: true,
          proposal: { proposalId, step: ProposalStep.PROPOSAL_STEP_PROPOSED, effectiveTime: undefined },
        },
      ]);
    }
  });
});
