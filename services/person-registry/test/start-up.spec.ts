import { allPublished } from '@crossroads/testing/mesh';
import { Clock } from '@crossroads/configuration';
import { newRequestId, type RunningServer } from '@crossroads/grpc';
import { eventually } from '@crossroads/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { born, named, nextNumber } from './persons.js';
import { NATIONAL_REGISTER, RunningRegistry } from './running-registry.js';

const NOON = new Date('2020-03-02T12:00:00Z');

describe('person-registry, started while its database and the bus are away', () => {
  let registry: RunningRegistry;
  let links: Awaited<ReturnType<RunningRegistry['throughLinks']>>;
  let starting: Promise<RunningServer>;
  let server: RunningServer | undefined;

  beforeAll(async () => {
    registry = await RunningRegistry.prepare();
    links = await registry.throughLinks();
    for (const link of [...links.database, links.bus]) link.cut();
    starting = registry.startInProcess((testing) => testing.overrideProvider(Clock).useValue({ now: () => NOON }));
    starting.then(
      (running) => {
        server = running;
      },
      () => undefined,
    );
  }, 120_000);
  afterAll(() => registry.close(), 60_000);

  const health = () => Object.fromEntries(server?.health.results() ?? []);
  const ssin = nextNumber();

  it('waits for the database, then registers persons without the bus', async () => {
    await eventually(
      () => links.database.some(({ refused }) => refused >= 2),
      (tried) => tried,
    );
    expect(server).toBeUndefined();
    for (const link of links.database) link.mend();
    await starting;
    await eventually(health, ({ policy }) => policy === true);
    const request = { requestId: newRequestId(), ssin, facts: [named('Maes')] };
    expect(await registry.as(NATIONAL_REGISTER).registerPerson(request)).toEqual({ sourceRevision: 1n });
    expect(health()).toEqual({ database: true, 'subject-keys': true, policy: true, bus: false });
  }, 60_000);

  it('is ready and publishes once the bus is there', async () => {
    links.bus.mend();
    await eventually(health, ({ bus }) => bus === true);
    const broker = await registry.openBroker();
    const types: string[] = [];
    const consumption = await broker.consume({
      topic: 'crossroads.person.v1',
      onBatch: async (events) => {
        for (const { type, place } of events) if (place !== undefined) types.push(type.split('.').at(-1) ?? '');
      },
    });
    await eventually(
      () => types,
      ({ length }) => length >= 2,
    );
    expect(types.sort()).toEqual(['assigned', 'changed']);
    await consumption.close();
    await broker.close();
    const reader = registry.eventsAs('reference-directory');
    expect(await allPublished(reader, 'crossroads.person.v1')).toHaveLength(2);
  }, 60_000);

  it('takes the day of its clock', async () => {
    const facts = [born('2020-03-03')];
    const change = { requestId: newRequestId(), ssin, facts, expectedSourceRevision: 0n };
    await expect(registry.as(NATIONAL_REGISTER).changePerson(change)).rejects.toMatchObject({
      violations: [{ field: 'facts[0].birth.date', reason: 'DATE_IN_FUTURE' }],
    });
  });
});
