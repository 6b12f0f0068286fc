import { newRequestId } from '@crossroads/grpc';
import { refusalOf } from '@crossroads/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { TestMesh } from '@crossroads/testing/mesh';
import {
  type ExchangeClient,
  CONTEXT,
  consult,
  EMPLOYMENT,
  FUND,
  INTEGRATOR,
  STATUS,
  WAGES,
  WELFARE,
  World,
} from './world.js';

const INSTITUTIONS = [WELFARE, FUND, INTEGRATOR, EMPLOYMENT];

describe('permission to consult and to report', () => {
  let mesh: TestMesh;
  let world: World;
  const clients = new Map<string, ExchangeClient>();

  beforeAll(async () => {
    mesh = await TestMesh.start('exchange');
    world = await World.create(mesh);
    const exchange = await world.exchange();
    for (const number of INSTITUTIONS) clients.set(number, world.client(exchange.port, number));
  });
  afterAll(() => mesh.stop());

  const clientOf = (number: string): ExchangeClient => {
    const client = clients.get(number);
    if (!client) throw new Error('no such client');
    return client;
  };
  const anyInstitution = fc.constantFrom(...INSTITUTIONS);
  const mayActFor = (caller: string, customer: string) =>
    caller === customer || (caller === INTEGRATOR && customer === WELFARE);

  it('to consult follows the policy for every caller, customer and person', async () => {
    const question = fc.record({
      caller: anyInstitution,
      customer: fc.option(anyInstitution, { nil: '' }),
      inscribed: fc.subarray(INSTITUTIONS),
      legalContext: fc.constantFrom(CONTEXT, CONTEXT, 'PCSA:OTHER'),
      dataService: fc.constantFrom(WAGES, STATUS),
    });
    await fc.assert(
      fc.asyncProperty(question, async ({ caller, customer, inscribed, legalContext, dataService }) => {
        const { ssin } = world.person(...inscribed);
        const forWhom = customer || caller;
        const expected = !mayActFor(caller, forWhom)
          ? 'NOT_REPRESENTED'
          : legalContext !== CONTEXT
            ? 'UNKNOWN_LEGAL_CONTEXT'
            : forWhom !== WELFARE
              ? 'NO_DELIBERATION'
              : inscribed.includes(WELFARE)
                ? 'answered'
                : 'PERSON_NOT_AVAILABLE';
        const asked = world.wages.asked.length + world.status.asked.length;
        const call = clientOf(caller).consult(
          consult(ssin, { customer, legalContext, dataServices: [{ dataService, fieldGroups: [] }] }),
        );
        const got = expected === 'answered' ? await call.then(() => 'answered') : (await refusalOf(call)).reason;
        expect(got).toBe(expected);
        // A source hears of nothing that was refused.
        expect(world.wages.asked.length + world.status.asked.length - asked).toBe(expected === 'answered' ? 1 : 0);
      }),
      { numRuns: 150 },
    );
  });

  it('to report changes is limited to the registered reporters', async () => {
    const report = fc.record({
      caller: anyInstitution,
      reporter: fc.option(anyInstitution, { nil: '' }),
      group: fc.constantFrom('employer', 'amount', 'quarter'),
    });
    const bodies = { employer: { number: '1' }, amount: '1.00', quarter: '2026-1' };
    await fc.assert(
      fc.asyncProperty(report, async ({ caller, reporter, group }) => {
        const { ssin } = world.person(EMPLOYMENT);
        const by = reporter || caller;
        const mayReport = by === EMPLOYMENT && group !== 'quarter';
        const expected = !mayActFor(caller, by) ? 'NOT_REPRESENTED' : mayReport ? 'taken' : 'NOT_A_REPORTER';
        const call = clientOf(caller).reportMutation({
          requestId: newRequestId(),
          reporter,
          ssin,
          dataService: WAGES,
          sourceRevision: 1n,
          changedFieldGroups: [group],
          data: { wages: [{ [group]: bodies[group] }] },
          effectiveDate: { year: 2026, month: 1, day: 1 },
        });
        expect(expected === 'taken' ? await call.then(() => 'taken') : (await refusalOf(call)).reason).toBe(expected);
      }),
      { numRuns: 60 },
    );
  });
});
