import { ConsultationStatus } from '@crossroads/contracts/access/v1/access_record';
import { DeliberationState } from '@crossroads/contracts/authorization/v1/policy';
import { newRequestId } from '@crossroads/grpc';
import { eventually, refusalOf } from '@crossroads/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type InProcessService, TestMesh } from '@crossroads/testing/mesh';
import { type ExchangeClient, consult, deliberation, FUND, STATUS, WAGES, World } from './world.js';

describe('a grant that ends while a source is answering', () => {
  let mesh: TestMesh;
  let world: World;
  let exchange: InProcessService;
  let fund: ExchangeClient;

  beforeAll(async () => {
    mesh = await TestMesh.start('exchange');
    world = await World.create(mesh, { deadlineMs: 8_000 });
    exchange = await world.exchange();
    fund = world.client(exchange.port, FUND);
  });
  afterAll(() => mesh.stop());

  it('releases nothing, and the answer gives the reason', async () => {
    const { ssin } = world.person(FUND);
    const wages = [{ dataService: WAGES, fieldGroups: ['employer'] }];
    const granted = deliberation(FUND, wages);
    mesh.policy.put({ $case: 'deliberation', value: granted });
    mesh.policy.put({
      $case: 'deliberation',
      value: deliberation(FUND, [{ dataService: STATUS, fieldGroups: ['status'] }]),
    });
    const ask = () =>
      fund.consult(
        consult(ssin, {
          requestId: newRequestId(),
          dataServices: [
            { dataService: WAGES, fieldGroups: ['employer'] },
            { dataService: STATUS, fieldGroups: [] },
          ],
        }),
      );
    const found = ConsultationStatus.CONSULTATION_STATUS_DATA_FOUND;
    await eventually(
      () =>
        ask().then(
          ({ results }) => results[0]?.status === found,
          () => false,
        ),
      Boolean,
    );

    const sound = world.wages.supply;
    const asked = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<void>();
    world.wages.supply = async (request, signal) => {
      asked.resolve();
      await answer.promise;
      return sound(request, signal);
    };
    const consulting = ask();
    await asked.promise;
    const state = DeliberationState.DELIBERATION_STATE_REVOKED;
    mesh.policy.put({ $case: 'deliberation', value: deliberation(FUND, wages, granted.deliberationId, state) });
    const only = consult(ssin, { dataServices: [{ dataService: WAGES, fieldGroups: ['employer'] }] });
    await eventually(
      () => refusalOf(fund.consult({ ...only, requestId: newRequestId() })),
      ({ reason }) => reason === 'DELIBERATION_REVOKED',
    );
    answer.resolve();

    const { results } = await consulting;
    expect(results[0]).toMatchObject({
      status: ConsultationStatus.CONSULTATION_STATUS_NO_RESULT,
      reason: 'DELIBERATION_REVOKED',
      data: undefined,
    });
    expect(results[1]).toMatchObject({ status: ConsultationStatus.CONSULTATION_STATUS_NO_DATA_FOUND });
  });
});
