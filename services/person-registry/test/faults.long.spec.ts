import { allPublished } from '@crossroads/testing/mesh';
import { Mutation } from '@crossroads/contracts/mutation/v1/mutation';
import type { ImportPersonsRequest } from '@crossroads/contracts/person/v1/person_service';
import { type CloudEvent, TopicSealing } from '@crossroads/messaging';
import { FileKeyProvider, TopicSealer } from '@crossroads/privacy';
import { eventually } from '@crossroads/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { born, named, testNumber } from './persons.js';
import { all, NATIONAL_REGISTER, RunningRegistry } from './running-registry.js';

const PEOPLE = 1_500;

let registry: RunningRegistry;

beforeAll(async () => {
  registry = await RunningRegistry.start();
}, 90_000);
afterAll(() => registry.close(), 30_000);

async function* people(): AsyncGenerator<ImportPersonsRequest> {
  for (let n = 0; n < PEOPLE; n++) {
    const ssin = testNumber(1950 + (n % 50), 1 + (n % 12), 1 + (n % 28), 1 + Math.floor(n / 50));
    yield { reference: `line ${n + 1}`, ssin, facts: [named(`Family ${n}`), born('1980-00-00')] };
  }
}

describe('a process that is killed in the middle of an import', () => {
  it('comes back with nothing lost and nothing doubled', async () => {
    const asRegister = registry.as(NATIONAL_REGISTER);
    const killed = (async () => {
      for await (const { registered } of asRegister.importPersons(people()))
        if (registered > 0n) await registry.stop('SIGKILL');
    })();
    await expect(killed).rejects.toMatchObject({ name: 'RemoteError' });
    await registry.launch();

    const told = await all(registry.as(NATIONAL_REGISTER).importPersons(people()));
    const last = told.at(-1);
    expect(last).toMatchObject({ recordsRead: BigInt(PEOPLE), changed: 0n, done: true });
    expect(last?.unchanged).toBeGreaterThan(0n);
    expect((last?.registered ?? 0n) + (last?.unchanged ?? 0n)).toBe(BigInt(PEOPLE));

    const events = await allPublished(registry.eventsAs('reference-directory'), 'crossroads.person.v1');
    const mutations = events.flatMap(({ event }) =>
      event.type.endsWith('changed') ? [Mutation.decode(event.data)] : [],
    );
    expect(mutations.map(({ sourceRevision }) => sourceRevision)).toEqual(Array(PEOPLE).fill(1n));
    expect(new Set(mutations.map(({ ssin }) => ssin)).size).toBe(PEOPLE);

    // On the topic each at least once: a relay that was killed publishes its batch again, under the same ids.
    const broker = await registry.openBroker();
    const received = new Map<string, CloudEvent>();
    const consumption = await broker.consume({
      topic: 'crossroads.person.v1',
      onBatch: async (batch) => {
        for (const event of batch) if (event.place !== undefined) received.set(event.id, event);
      },
    });
    await eventually(
      () => received.size,
      (size) => size === events.length,
      60_000,
    );
    await consumption.close();
    await broker.close();
    const sealing = new TopicSealing(
      new TopicSealer({ keys: new FileKeyProvider(registry.keyFile), producer: 'test' }),
    );
    for (const { event } of events) {
      const came = received.get(event?.id ?? '');
      if (!came) throw new Error('an event is missing on the topic');
      expect(Buffer.from((await sealing.open('crossroads.person.v1', came)).data)).toEqual(event?.data);
    }
  }, 120_000);
});
