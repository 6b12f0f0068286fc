import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deliveryOf } from '@crossroads/client';
import { DeliberationState } from '@crossroads/contracts/authorization/v1/policy';
import type { DeliveredMutation } from '@crossroads/contracts/delivery/v1/delivery';
import {
  DirectoryServiceService,
  type InscribeFileRequest,
  NumberState,
} from '@crossroads/contracts/directory/v1/directory_service';
import { Fact } from '@crossroads/contracts/person/v1/person';
import { PersonServiceService } from '@crossroads/contracts/person/v1/person_service';
import {
  DeliveryContent,
  DeliveryEncoding,
  SubscriptionServiceService,
} from '@crossroads/contracts/subscription/v1/subscription_service';
import { type Connection, newRequestId, type TlsFiles } from '@crossroads/grpc';
import { withCbeCheck } from '@crossroads/identifiers';
import { eventually, freePort } from '@crossroads/testing';
import { type ServiceProcess, TestMesh } from '@crossroads/testing/mesh';
import { PARTITIONS, PERSON_TOPIC } from '@crossroads/topology';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { address, generatedPerson } from '../people.js';
import { progress } from '../whole-mesh.js';
import { ArchivedPostgres } from './archived-postgres.js';
import { registryReader, shownIn } from './registry-reader.js';

const REGISTER = withCbeCheck('02073870');
const FUND = withCbeCheck('04070807');
const CONTEXT = 'CIN:AFFILIATED';
const PURPOSE = 'CIN:INSURABILITY';
const PERSON = 'person.identification.v1';
const GROUPS = ['name', 'birth', 'address'];
const PEOPLE = 24;

/**
 * What docs/runbooks/log-forked.md says, done: the registry’s server goes back to an instant while the directory and a subscription, which
 * took what came after it, go on running. All three are processes of their own.
 */
describe('a publisher whose database was restored to an instant', () => {
  const folder = mkdtempSync(join(tmpdir(), 'crossroads-restored-'));
  const running: ArchivedPostgres[] = [];
  const people = Array.from({ length: PEOPLE }, (_, n) => generatedPerson(n + 1));
  const [before, lost, after] = [people.slice(0, 8), people.slice(8, 16), people.slice(16)];
  /** Their changes are lost, and delivered. */
  const moved = before.slice(0, 4);
  let mesh: TestMesh;
  let directoryMesh: TestMesh;
  let tls: TlsFiles;
  let registryPort: number;
  let directory: ServiceProcess;
  let subscription: ServiceProcess;
  const deliveries: DeliveredMutation[] = [];
  let checks: Connection<typeof DirectoryServiceService>;
  let registry: Awaited<ReturnType<typeof startRegistry>>;

  const startRegistry = async (main: ArchivedPostgres, keys: ArchivedPostgres) => {
    const [{ main: data }, { keys: subject }] = [
      await main.databasesOf('person-registry'),
      await keys.databasesOf('person-registry'),
    ];
    const process = await mesh.startProcess({
      port: registryPort,
      env: {
        DATABASE_URL: data.app,
        DATABASE_MIGRATOR_URL: data.migrator,
        KEYS_DATABASE_URL: subject?.app ?? '',
        KEYS_DATABASE_MIGRATOR_URL: subject?.migrator ?? '',
      },
    });
    const client = mesh.connect(PersonServiceService, registryPort, tls, { deadlineMs: 20_000 });
    const read = await registryReader(mesh, registryPort, REGISTER);
    return {
      process,
      moves: async ({ ssin }: { readonly ssin: string }, street: string) => {
        const period = { startDate: { year: 2020, month: 1, day: 1 } };
        const facts = [Fact.fromPartial({ period, fact: address(street, '1') })];
        await client.changePerson({ requestId: newRequestId(), ssin, facts, expectedSourceRevision: 0n });
      },
      /** Street and `source_revision`. */
      sees: async ({ ssin }: { readonly ssin: string }) => {
        const answer = await read(ssin);
        return { street: shownIn(answer)?.address?.street, sourceRevision: answer.sourceRevision };
      },
      register: async (some: typeof people) => {
        for (const { ssin, facts } of some)
          await client.registerPerson({ requestId: newRequestId(), ssin, facts: [...facts] });
      },
    };
  };

  const stateOf = async ({ ssin }: { readonly ssin: string }): Promise<NumberState> =>
    (await checks.check({ person: { by: { $case: 'ssin', value: ssin } }, institutions: [], date: undefined })).state;
  const all = (some: typeof people, wanted: NumberState) =>
    eventually(
      () => Promise.all(some.map(stateOf)),
      (states) => states.every((state) => state === wanted),
      60_000,
    );
  const started = async (server: Promise<ArchivedPostgres>): Promise<ArchivedPostgres> => {
    running.push(await server);
    return server;
  };
  /** Street and `source_revision` of each delivery about a person, in the order of the topic. */
  const told = ({ ssin }: { readonly ssin: string }) =>
    deliveries
      .filter((one) => one.ssin === ssin)
      .map(({ sourceRevision, data }) => ({ street: streetIn(data), sourceRevision }));
  const toldUpTo = (some: typeof people, revision: bigint) =>
    eventually(
      () => some.map((one) => told(one).at(-1)?.sourceRevision ?? 0n),
      (revisions) => revisions.every((one) => one >= revision),
      60_000,
    );

  /** A subscription to all whom an institution has inscribed: these people. */
  const subscribe = async (inscribed: typeof people): Promise<void> => {
    const fund = await mesh.register(FUND);
    mesh.policy.put({
      $case: 'deliberation',
      value: {
        deliberationId: '00000000-0000-4000-8000-000000000001',
        reference: '26/1',
        title: 'For specs',
        recipient: FUND,
        grants: [
          {
            dataService: PERSON,
            fieldGroups: GROUPS,
            legalContexts: [PURPOSE],
            inscriptionContexts: [CONTEXT],
            validity: undefined,
            online: false,
            subscription: true,
            withoutOfficial: false,
          },
        ],
        state: DeliberationState.DELIBERATION_STATE_APPROVED,
        decideTime: new Date(),
        revokeTime: undefined,
      },
    });
    mesh.policy.put({
      $case: 'inscriptionGrant',
      value: {
        enterpriseNumber: FUND,
        inscriptionContexts: [CONTEXT],
        earlierStarts: true,
        dailyPersons: undefined,
      },
    });
    const period = { startDate: undefined, endDate: undefined };
    const lines = inscribed.map(({ ssin }) => ({ ssin, inscriptionContext: CONTEXT, period }));
    const requests = async function* (): AsyncGenerator<InscribeFileRequest> {
      yield { part: { $case: 'header', value: { requestId: newRequestId(), institution: '', uninscribe: false } } };
      yield { part: { $case: 'chunk', value: { lines } } };
    };
    for await (const _ of directoryMesh
      .connect(DirectoryServiceService, directory.port, fund)
      .inscribeFile(requests()));
    const own = await mesh.beside('subscription');
    await own.publisher('exchange', 'crossroads.mutation.v1');
    own.finds('person-registry', registryPort);
    own.finds('reference-directory', directory.port);
    subscription = await own.startProcess();
    const opened = await own.connect(SubscriptionServiceService, subscription.port, fund).subscribe({
      requestId: newRequestId(),
      institution: '',
      inscriptionContext: CONTEXT,
      dataService: PERSON,
      legalContext: PURPOSE,
      lanes: 1,
      content: DeliveryContent.DELIVERY_CONTENT_UNSPECIFIED,
      encoding: DeliveryEncoding.DELIVERY_ENCODING_UNSPECIFIED,
      snapshot: false,
      fieldGroups: [],
      persons: { $case: 'allInscribed', value: {} },
    });
    const broker = await mesh.bus.open(fund, `${FUND}.spec`);
    mesh.defer(() => broker.close());
    await broker.consume({
      topic: opened.subscription?.topic ?? '',
      group: `${FUND}.spec`,
      onBatch: async (events) => {
        for (const { content } of events.map(deliveryOf))
          if (content?.$case === 'mutation') deliveries.push(content.value);
      },
    });
  };

  /** Partitions that the directory has said to have stopped, and not to go on. */
  const stopped = (): number[] => {
    const partitions = new Set<number>();
    for (const line of directory.output.split('\n')) {
      const [, partition] = /"partition":(\d+)/.exec(line) ?? [];
      if (partition === undefined) continue;
      if (line.includes('LOG_FORKED')) partitions.add(Number(partition));
      if (line.includes('the fork was resolved')) partitions.delete(Number(partition));
    }
    return [...partitions];
  };

  beforeAll(async () => {
    mesh = await TestMesh.start('person-registry');
    tls = await mesh.register(REGISTER);
    mesh.policy.put({
      $case: 'dataService',
      value: {
        dataService: 'person.identification.v1',
        title: '',
        jsonSchema: undefined,
        fieldGroups: GROUPS.map((name) => ({ name, paths: [name] })),
        supplier: undefined,
        reporters: [{ enterpriseNumber: REGISTER, fieldGroups: GROUPS }],
      },
    });
    await mesh.bus.broker.ensureTopic({ name: PERSON_TOPIC, partitions: PARTITIONS, retentionDays: 7 });
    progress('a server with an archive, the registry on it, and the directory');
    registryPort = await freePort();
    const [main, keys] = [
      await started(ArchivedPostgres.start(join(folder, 'main'))),
      await started(ArchivedPostgres.start(join(folder, 'keys'))),
    ];
    registry = await startRegistry(main, keys);
    directoryMesh = await mesh.beside('reference-directory');
    directoryMesh.finds('person-registry', registryPort);
    directory = await directoryMesh.startProcess();
    const exchange = await directoryMesh.serviceCertificate('exchange');
    checks = directoryMesh.connect(DirectoryServiceService, directory.port, exchange, { deadlineMs: 20_000 });
    await registry.register(before);
    await all(before, NumberState.NUMBER_STATE_VALID);
    progress('a subscription');
    await subscribe(before);
    progress('a base backup, and what directory and subscription take after it');
    const backup = await main.baseBackup(join(folder, 'main-backup'));
    const instant = await main.instant();
    await registry.register(lost);
    await all(lost, NumberState.NUMBER_STATE_VALID);
    for (const person of moved) await registry.moves(person, 'Verloren straat');
    for (const person of moved.slice(0, 2)) await registry.moves(person, 'Verloren laan');
    await toldUpTo(moved, 2n);
    await toldUpTo(moved.slice(0, 2), 3n);
    await main.archived();
    await registry.process.stop('SIGKILL');
    await main.lose();
    progress(`the registry’s database goes back to ${instant}`);
    const restored = await started(ArchivedPostgres.restore(backup, join(folder, 'main-2'), { instant }));
    registry = await startRegistry(restored, keys);
  }, 300_000);

  afterAll(async () => {
    await mesh.stop();
    for (const server of running) await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  it('its consumer stops where it is beyond the log, and says so; what it knows stays', async () => {
    await eventually(stopped, (partitions) => partitions.length > 0);
    await eventually(
      () => directory.isReady(),
      (ready) => !ready,
    );
    await all(lost, NumberState.NUMBER_STATE_VALID);
  });

  it('after a resync it goes on: nothing is lost that the publisher accepted, and nothing is known that it lost', async () => {
    // The last ones first: their new serials are below those that the directory has seen of them.
    const again = lost.slice(4).toReversed();
    await registry.register(again);
    await registry.register(after);
    const looked = await directory.run(['resync', PERSON_TOPIC, 'all']);
    expect(looked.output).toContain('Repeat it with --confirm');
    expect(looked.output).toMatch(/^partition +source +state/m);
    expect(looked.output).not.toContain(lost[0]?.ssin);
    expect(await directory.isReady()).toBe(false);
    progress('resync of all partitions of the directory');
    const done = await directory.run(['resync', PERSON_TOPIC, 'all', '--confirm']);
    expect(done.code).toBe(0);
    expect(done.output).toContain('goes on from there by itself');
    await eventually(() => directory.isReady(), Boolean, 120_000);
    await all([...before, ...again, ...after], NumberState.NUMBER_STATE_VALID);
    await all(lost.slice(0, 4), NumberState.NUMBER_STATE_UNKNOWN);
  });

  it('subscribers get the present state of each person who lost something, above all that they have seen', async () => {
    const { code, output } = await subscription.run(['resync', PERSON_TOPIC, 'all', '--confirm']);
    progress(output);
    expect(code).toBe(0);
    expect(output.match(/^lost .*$/gm)?.length).toBe(moved.length);
    for (const { ssin } of people) expect(output).not.toContain(ssin);
    const file = join(folder, 'lost.txt');
    writeFileSync(file, output);
    const stated = await registry.process.run(['reassert', file]);
    progress(stated.output);
    expect(stated.output).toContain(`stated again: ${moved.length} persons`);
    expect(stated.code).toBe(0);
    expect((await registry.process.run(['reassert', file])).output).toContain(`stated before: ${moved.length} persons`);
    const later = [...moved.slice(0, 1), ...before.slice(-1)];
    for (const person of later) await registry.moves(person, 'Nieuwe straat');
    await toldUpTo(moved.slice(0, 2), 4n);
    await toldUpTo(moved.slice(2), 3n);
    for (const person of later) await toldUpTo([person], (await registry.sees(person)).sourceRevision);
    expect(deliveries.filter(({ reasserted }) => reasserted)).toHaveLength(moved.length);
    for (const person of before) {
      const heard = told(person);
      if (heard.length > 0) expect(heard.at(-1)).toEqual(await registry.sees(person));
      // Each revision once, and none below an earlier one.
      for (const [index, { sourceRevision }] of heard.entries())
        expect(sourceRevision).toBeGreaterThan(heard[index - 1]?.sourceRevision ?? 0n);
    }
    expect(
      moved
        .slice(1, 2)
        .flatMap(told)
        .map(({ street }) => street),
    ).toEqual(['Verloren straat', 'Verloren laan', 'Proefstraat']);
    await all(before, NumberState.NUMBER_STATE_VALID);
  });
});

const streetIn = (data: unknown): string | undefined =>
  (data as { readonly address?: { readonly street?: string } } | undefined)?.address?.street;
