import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DirectoryServiceService, NumberState } from '@crossroads/contracts/directory/v1/directory_service';
import { PersonServiceService } from '@crossroads/contracts/person/v1/person_service';
import { type Connection, newRequestId, type TlsFiles } from '@crossroads/grpc';
import { withCbeCheck } from '@crossroads/identifiers';
import { eventually, freePort } from '@crossroads/testing';
import { type ServiceProcess, TestMesh } from '@crossroads/testing/mesh';
import { PARTITIONS, PERSON_TOPIC } from '@crossroads/topology';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { generatedPerson } from '../people.js';
import { progress } from '../whole-mesh.js';
import { ArchivedPostgres } from './archived-postgres.js';

const REGISTER = withCbeCheck('02073870');
const GROUPS = ['name', 'birth', 'address'];
const PEOPLE = 24;

/**
 * What docs/runbooks/log-forked.md says, done: the registry’s server goes back to an instant while the directory, which took what came
 * after it, goes on running. Registry and directory are processes of their own.
 */
describe('a publisher whose database was restored to an instant', () => {
  const folder = mkdtempSync(join(tmpdir(), 'crossroads-restored-'));
  const running: ArchivedPostgres[] = [];
  const people = Array.from({ length: PEOPLE }, (_, n) => generatedPerson(n + 1));
  const [before, lost, after] = [people.slice(0, 8), people.slice(8, 16), people.slice(16)];
  let mesh: TestMesh;
  let tls: TlsFiles;
  let registryPort: number;
  let directory: ServiceProcess;
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
    return {
      process,
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
    const directoryMesh = await mesh.beside('reference-directory');
    directoryMesh.finds('person-registry', registryPort);
    directory = await directoryMesh.startProcess();
    const exchange = await directoryMesh.serviceCertificate('exchange');
    checks = directoryMesh.connect(DirectoryServiceService, directory.port, exchange, { deadlineMs: 20_000 });
    await registry.register(before);
    await all(before, NumberState.NUMBER_STATE_VALID);
    progress('a base backup, and what the directory takes after it');
    const backup = await main.baseBackup(join(folder, 'main-backup'));
    const instant = await main.instant();
    await registry.register(lost);
    await all(lost, NumberState.NUMBER_STATE_VALID);
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
    const [first = 0] = stopped();
    const looked = await directory.run(['resync', PERSON_TOPIC, String(first)]);
    expect(looked.output).toContain('Repeat it with --confirm');
    expect(looked.output).not.toContain(lost[0]?.ssin);
    expect(await directory.isReady()).toBe(false);
    const resynced = new Set<number>();
    await eventually(
      async () => {
        for (const partition of stopped().filter((one) => !resynced.has(one))) {
          progress(`resync of partition ${partition}`);
          const { code, output } = await directory.run(['resync', PERSON_TOPIC, String(partition), '--confirm']);
          expect(output).toContain('goes on from there by itself');
          expect(code).toBe(0);
          resynced.add(partition);
        }
        return directory.isReady();
      },
      Boolean,
      120_000,
    );
    await all([...before, ...again, ...after], NumberState.NUMBER_STATE_VALID);
    await all(lost.slice(0, 4), NumberState.NUMBER_STATE_UNKNOWN);
  });
});
