import { CitizenServiceService } from '@crossroads/contracts/person/v1/citizen_service';
import { PersonsMerged } from '@crossroads/contracts/person/v1/events';
import { ProposalStated, ProposalStep } from '@crossroads/contracts/person/v1/proposal';
import { newRequestId } from '@crossroads/grpc';
import { eventually, refusalOf } from '@crossroads/testing';
import { allPublished } from '@crossroads/testing/mesh';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { named, nextNumber } from './persons.js';
import { MUNICIPALITY, NATIONAL_REGISTER, PORTAL, RunningRegistry, WELFARE_OFFICE } from './running-registry.js';

const HOUR_MS = 3_600_000;

let registry: RunningRegistry;
let asRegister: ReturnType<RunningRegistry['as']>;

beforeAll(async () => {
  registry = await RunningRegistry.prepare();
  await registry.startInProcess();
  asRegister = registry.as(NATIONAL_REGISTER);
}, 90_000);
afterAll(() => registry.close(), 30_000);

const register = async (familyName: string) => {
  const ssin = nextNumber();
  await asRegister.registerPerson({ requestId: newRequestId(), ssin, facts: [named(familyName)] });
  return ssin;
};
const two = async () => [await register('Peeters'), await register('Wouters')] as const;
const confirmAs = async (reporter: string, proposalId: string, ssin: string, replacingSsin: string, id = 'desk-1') =>
  registry
    .as(reporter)
    .confirmProposal(
      { requestId: newRequestId(), proposalId, ssin, replacingSsin },
      await registry.official(reporter, { id }),
    );
const contestAs = async (reporter: string, proposalId: string) =>
  registry.as(reporter).contestProposal({ requestId: newRequestId(), proposalId }, await registry.official(reporter));
const nameOf = async (ssin: string): Promise<string | undefined> =>
  ((await registry.supplied(ssin)).data?.['name'] as { readonly familyNames?: readonly string[] } | undefined)
    ?.familyNames?.[0];
const published = () => allPublished(registry.eventsAs('access-audit'), 'crossroads.person.v1');
/** What persons were told of a proposal, in order, by person. */
const stated = async (proposalId: string) => {
  const told = (await published()).filter(({ event }) => event?.type.endsWith('persons.notify.proposal_stated'));
  const statements = told
    .map(({ event }) => ProposalStated.decode(event?.data ?? Buffer.alloc(0)))
    .filter(({ statement }) => statement?.proposalId === proposalId);
  const byPerson = Map.groupBy(statements, ({ personId }) => personId);
  return [...byPerson.values()].map((own) => own.map(({ statement }) => statement?.step));
};
const { PROPOSAL_STEP_PROPOSED, PROPOSAL_STEP_CONFIRMED, PROPOSAL_STEP_EFFECTIVE, PROPOSAL_STEP_CONTESTED } =
  ProposalStep;
const lastMerge = async () => {
  const merges = (await published()).filter(({ event }) => event?.type.endsWith('persons.notify.merged'));
  return PersonsMerged.decode(merges.at(-1)?.event?.data ?? Buffer.alloc(0));
};

describe('two known persons', () => {
  it('become one 24 hours after an official of another reporter has confirmed it, and both are told at each step', async () => {
    const [a, b] = await two();
    const proposalId = await registry.proposeMerge(a, b);
    expect(
      await eventually(
        () => stated(proposalId),
        ({ length }) => length === 2,
      ),
    ).toEqual([[PROPOSAL_STEP_PROPOSED], [PROPOSAL_STEP_PROPOSED]]);
    expect(await refusalOf(confirmAs(NATIONAL_REGISTER, proposalId, a, b))).toMatchObject({ reason: 'SAME_OFFICIAL' });
    expect(await refusalOf(confirmAs(NATIONAL_REGISTER, proposalId, a, b, 'desk-2'))).toMatchObject({
      reason: 'SAME_REPORTER',
    });
    const confirmedAt = registry.clock.now().getTime();
    const { effectiveTime } = await confirmAs(MUNICIPALITY, proposalId, a, b);
    expect((effectiveTime?.getTime() ?? 0) - confirmedAt).toBeGreaterThanOrEqual(24 * HOUR_MS);

    registry.clock.turn(23 * HOUR_MS);
    expect(await refusalOf(confirmAs(MUNICIPALITY, proposalId, a, b))).toMatchObject({ reason: 'PROPOSAL_CLOSED' });
    expect(await nameOf(a)).toBe('Peeters');
    registry.clock.turn(HOUR_MS);
    await eventually(
      () => nameOf(a),
      (name) => name === 'Wouters',
    );
    const steps = [PROPOSAL_STEP_PROPOSED, PROPOSAL_STEP_CONFIRMED, PROPOSAL_STEP_EFFECTIVE];
    const complete = (all: readonly unknown[][]) => all.every(({ length }) => length === 3);
    expect(await eventually(() => stated(proposalId), complete)).toEqual([steps, steps]);
    expect((await lastMerge()).mergeTime?.getTime()).toBeGreaterThanOrEqual(effectiveTime?.getTime() ?? Infinity);
  });

  it('stay two when somebody contests it before it takes effect', async () => {
    const [a, b] = await two();
    const proposalId = await registry.proposeMerge(a, b);
    await registry.confirm(proposalId, a, b);
    await contestAs(MUNICIPALITY, proposalId);
    await contestAs(NATIONAL_REGISTER, proposalId);
    const [c, d] = await two();
    // When this one has taken effect, the other was looked at.
    await registry.merge(c, d);
    expect(await nameOf(a)).toBe('Peeters');
    expect(
      await eventually(
        () => stated(proposalId),
        ([one]) => one?.length === 3,
      ),
    ).toEqual(Array(2).fill([PROPOSAL_STEP_PROPOSED, PROPOSAL_STEP_CONFIRMED, PROPOSAL_STEP_CONTESTED]));
  });

  it('are one whose merge is contested when that is said after it took effect, also after another merge', async () => {
    const [a, b] = await two();
    const c = await register('Claes');
    const proposalId = await registry.merge(a, b);
    expect((await lastMerge()).contestedPersonIds).toEqual([]);
    await contestAs(MUNICIPALITY, proposalId);
    const contested = await eventually(lastMerge, ({ contestedPersonIds }) => contestedPersonIds.length === 1);
    await registry.merge(b, c);
    const moved = await eventually(lastMerge, ({ personIds }) => personIds.length === 2);
    expect(moved.contestedPersonIds).toEqual(contested.contestedPersonIds);
    await registry.unreplace(b);
    await registry.unreplace(a);
    const apart = await eventually(lastMerge, ({ personIds }) => personIds.length === 1);
    expect(apart.contestedPersonIds).toEqual([]);
    expect(
      await refusalOf(contestAs(MUNICIPALITY, proposalId).then(() => contestAs(MUNICIPALITY, newRequestId()))),
    ).toMatchObject({ reason: 'UNKNOWN_PROPOSAL' });
  });

  it('stay two when their numbers have changed before it takes effect', async () => {
    const [a, b] = await two();
    const proposalId = await registry.proposeMerge(a, b);
    await registry.confirm(proposalId, a, b);
    await registry.cancel(b);
    await registry.passMergeDelay();
    expect(await nameOf(a)).toBe('Peeters');
    expect(
      await eventually(
        () => stated(proposalId),
        ([one]) => one?.length === 3,
      ),
    ).toEqual(Array(2).fill([PROPOSAL_STEP_PROPOSED, PROPOSAL_STEP_CONFIRMED, ProposalStep.PROPOSAL_STEP_LAPSED]));
  });

  it('are refused for what they are', async () => {
    const [a, b] = await two();
    expect(await refusalOf(registry.replace(a, b))).toMatchObject({ reason: 'TWO_PERSONS' });
    expect(await refusalOf(registry.proposeMerge(a, nextNumber()))).toMatchObject({ reason: 'UNKNOWN_SSIN' });
    expect(await refusalOf(registry.proposeMerge(a, a))).toMatchObject({ reason: 'REPLACES_ITSELF' });
    const proposalId = await registry.proposeMerge(a, b);
    expect(await refusalOf(confirmAs(MUNICIPALITY, proposalId, b, a))).toMatchObject({ reason: 'OTHER_NUMBERS' });
    expect(await refusalOf(confirmAs(MUNICIPALITY, newRequestId(), a, b))).toMatchObject({
      reason: 'UNKNOWN_PROPOSAL',
    });
    registry.clock.turn(30 * 24 * HOUR_MS);
    expect(await refusalOf(confirmAs(MUNICIPALITY, proposalId, a, b))).toMatchObject({ reason: 'PROPOSAL_EXPIRED' });
  });

  it('become one once, when several processes look', async () => {
    const [a, b] = await two();
    const proposalId = await registry.proposeMerge(a, b);
    await registry.confirm(proposalId, a, b);
    const others = [await registry.startInProcess(), await registry.startInProcess()];
    await registry.passMergeDelay();
    expect(await nameOf(a)).toBe('Wouters');
    const client = new pg.Client({ connectionString: registry.database.adminUrl });
    await client.connect();
    const { rows } = await client.query(`select type from es.events where stream_id = $1 order by revision`, [
      proposalId,
    ]);
    await client.end();
    expect(rows.map(({ type }) => type as string)).toEqual(['ProposalMade', 'ProposalConfirmed', 'ProposalTookEffect']);
    expect(others).toHaveLength(2);
  });
});

describe('a cancellation', () => {
  it('takes an official of another reporter', async () => {
    const ssin = await register('Nemo');
    const { proposalId } = await asRegister.proposeCancellation(
      { requestId: newRequestId(), ssin },
      await registry.official(NATIONAL_REGISTER),
    );
    expect(await nameOf(ssin)).toBe('Nemo');
    expect(await refusalOf(confirmAs(NATIONAL_REGISTER, proposalId, ssin, ''))).toMatchObject({
      reason: 'SAME_OFFICIAL',
    });
    await confirmAs(MUNICIPALITY, proposalId, ssin, '');
    expect(await nameOf(ssin)).toBeUndefined();
    expect(await refusalOf(contestAs(MUNICIPALITY, proposalId))).toMatchObject({ reason: 'PROPOSAL_CLOSED' });
  });
});

describe('a person whose numbers it is about', () => {
  const citizens = (name = PORTAL) => registry.connect(CitizenServiceService, name);
  const contest = async (ssin: string, proposalId: string, requestId = newRequestId()) =>
    citizens().contestOwnProposal({ requestId, proposalId }, await registry.citizen(ssin));
  const statementsOf = async (proposalId: string) => {
    const told = (await published()).filter(({ event }) => event?.type.endsWith('persons.notify.proposal_stated'));
    return told
      .map(({ event }) => ProposalStated.decode(event?.data ?? Buffer.alloc(0)))
      .filter(({ statement }) => statement?.proposalId === proposalId);
  };

  it.each([0, 1])(
    'contests a merge by themselves before it takes effect, and it never does (person %i)',
    async (which) => {
      const numbers = await two();
      const proposalId = await registry.proposeMerge(...numbers);
      await confirmAs(MUNICIPALITY, proposalId, ...numbers);
      const requestId = newRequestId();
      await contest(numbers[which] ?? '', proposalId, requestId);
      await contest(numbers[which] ?? '', proposalId, requestId);
      registry.clock.turn(25 * HOUR_MS);
      expect(await refusalOf(confirmAs(MUNICIPALITY, proposalId, ...numbers))).toMatchObject({
        reason: 'PROPOSAL_CLOSED',
      });
      const told = await eventually(
        () => statementsOf(proposalId),
        ({ length }) => length === 6,
      );
      // Both learn that a person objected and through which portal, and nothing that tells them apart.
      const contested = told.filter(({ statement }) => statement?.step === PROPOSAL_STEP_CONTESTED);
      const [one, other] = contested.map((message) => ({ ...message, personId: '' }));
      expect(one).toMatchObject({ statement: { byPerson: true }, reporter: PORTAL, officialRole: '', officialId: '' });
      expect(other).toEqual(one);
      expect(await nameOf(numbers[0])).toBe('Peeters');
      expect(await nameOf(numbers[1])).toBe('Wouters');
    },
  );

  it('contests a merge that has taken effect, also with the number that was replaced', async () => {
    const [a, b] = await two();
    const proposalId = await registry.proposeMerge(a, b);
    await confirmAs(MUNICIPALITY, proposalId, a, b);
    registry.clock.turn(24 * HOUR_MS);
    await eventually(
      () => nameOf(a),
      (name) => name === 'Wouters',
    );
    await contest(a, proposalId);
    const merge = await eventually(lastMerge, ({ contestedPersonIds }) => contestedPersonIds.length === 1);
    expect(merge.contestedPersonIds).toEqual(merge.personIds);
  });

  it('gets the same answer for a proposal about others as for one that does not exist', async () => {
    const [a, b] = await two();
    const stranger = await register('Janssens');
    const proposalId = await registry.proposeMerge(a, b);
    const answerTo = async (id: string) => {
      const { code, reason, message } = await refusalOf(contest(stranger, id));
      return { code, reason, message };
    };
    const answer = await answerTo(proposalId);
    expect(answer).toMatchObject({ reason: 'UNKNOWN_PROPOSAL' });
    expect(answer).toEqual(await answerTo(newRequestId()));
    await contest(a, proposalId);
  });

  it('is identified by a token of the portal’s provider for the registry, and by nothing else', async () => {
    const [a, b] = await two();
    const request = { requestId: newRequestId(), proposalId: await registry.proposeMerge(a, b) };
    const refused = (options: object, name = PORTAL) => refusalOf(citizens(name).contestOwnProposal(request, options));
    expect(await refused({})).toMatchObject({ reason: 'TOKEN_MISSING' });
    const forAudit = await registry.citizen(a, { claims: { aud: 'urn:crossroads:access-audit' } });
    expect(await refused(forAudit)).toMatchObject({ reason: 'TOKEN_AUDIENCE' });
    expect(await refused(await registry.citizen(a), MUNICIPALITY)).toMatchObject({ reason: 'RIGHT_MISSING' });
    expect(await refused(await registry.official(NATIONAL_REGISTER))).toMatchObject({ reason: 'TOKEN_ISSUER' });
    expect(await refused(await registry.citizen(a), 'unregistered')).toMatchObject({ reason: 'KEY_NOT_REGISTERED' });
    const nobody = await registry.citizen(nextNumber());
    expect(await refused(nobody)).toMatchObject({ reason: 'UNKNOWN_SSIN' });
  });
});

describe('whoever changes numbers', () => {
  const calls = async () => {
    const [ssin, replacingSsin] = [await register('Peeters'), nextNumber()];
    const requestId = newRequestId();
    const proposalId = newRequestId();
    return {
      replaceSsin: { requestId, ssin, replacingSsin },
      unreplaceSsin: { requestId, ssin },
      proposeMerge: { requestId, ssin, replacingSsin },
      proposeCancellation: { requestId, ssin },
      confirmProposal: { requestId, proposalId, ssin, replacingSsin },
      contestProposal: { requestId, proposalId },
    };
  };

  it.each([
    'replaceSsin',
    'unreplaceSsin',
    'proposeMerge',
    'proposeCancellation',
    'confirmProposal',
    'contestProposal',
  ] as const)('names an official to %s', async (rpc) => {
    const request = (await calls())[rpc];
    const asked = (options: object, by = NATIONAL_REGISTER) =>
      refusalOf((registry.as(by)[rpc] as (r: unknown, o: object) => Promise<unknown>)(request, options));
    expect(await asked({})).toMatchObject({ reason: 'TOKEN_MISSING' });
    const ofExchange = await registry.official(NATIONAL_REGISTER, { audience: 'urn:crossroads:exchange' });
    expect(await asked(ofExchange)).toMatchObject({ reason: 'TOKEN_AUDIENCE' });
    const overAnother = await registry.official(NATIONAL_REGISTER, { certificate: MUNICIPALITY });
    expect(await asked(overAnother)).toMatchObject({ reason: 'TOKEN_NOT_BOUND' });
    const ofAnother = await registry.official(MUNICIPALITY, { certificate: NATIONAL_REGISTER });
    expect(await asked(ofAnother)).toMatchObject({ reason: 'TOKEN_OF_ANOTHER_INSTITUTION' });
    expect(await asked(await registry.official(WELFARE_OFFICE), WELFARE_OFFICE)).toMatchObject({
      reason: 'NOT_A_REPORTER',
    });
  });
});
