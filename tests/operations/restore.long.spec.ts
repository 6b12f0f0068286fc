import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Fact } from '@crossroads/contracts/person/v1/person';
import { PersonServiceService } from '@crossroads/contracts/person/v1/person_service';
import { openDatabase } from '@crossroads/database';
import { newRequestId, RemoteError, type TlsFiles } from '@crossroads/grpc';
import { withCbeCheck } from '@crossroads/identifiers';
import { FileKeyProvider, PostgresSubjectKeys } from '@crossroads/privacy';
import { type ServiceProcess, TestMesh } from '@crossroads/testing/mesh';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { address, generatedPerson } from '../people.js';
import { progress } from '../whole-mesh.js';
import { ArchivedPostgres, type BaseBackup } from './archived-postgres.js';
import { registryReader, shownIn } from './registry-reader.js';

const REGISTER = withCbeCheck('02073870');
const REGISTRY = 'person-registry';
const GROUPS = ['name', 'birth', 'address'];

const [anna, bert, chris] = [generatedPerson(1), generatedPerson(2), generatedPerson(3)];

/** What docs/runbooks/restore.md says, done: the servers are PostgreSQL, the service is the registry in a process of its own. */
describe('a restore of a service’s database to an instant, and of its subject keys to their latest state', () => {
  const folder = mkdtempSync(join(tmpdir(), 'crossroads-restore-'));
  const running: ArchivedPostgres[] = [];
  let mesh: TestMesh;
  let tls: TlsFiles;
  let backups: { readonly main: BaseBackup; readonly keys: BaseBackup };
  let before: { readonly instant: string; readonly events: string[]; readonly keys: string[] };
  let restored: { readonly main: ArchivedPostgres; readonly keys: ArchivedPostgres; readonly registry: Registry };

  /** The registry on two servers, and what its callers see. */
  class Registry {
    private constructor(
      readonly process: ServiceProcess,
      private readonly client: ReturnType<typeof clientAt>,
      private readonly read: Awaited<ReturnType<typeof registryReader>>,
    ) {}

    static async start(main: ArchivedPostgres, keys: ArchivedPostgres): Promise<Registry> {
      const [{ main: data }, { keys: subject }] = [await main.databasesOf(REGISTRY), await keys.databasesOf(REGISTRY)];
      const process = await mesh.startProcess({
        env: {
          DATABASE_URL: data.app,
          DATABASE_MIGRATOR_URL: data.migrator,
          KEYS_DATABASE_URL: subject?.app ?? '',
          KEYS_DATABASE_MIGRATOR_URL: subject?.migrator ?? '',
        },
      });
      return new Registry(process, clientAt(process.port), await registryReader(mesh, process.port, REGISTER));
    }

    async register({ ssin, facts }: { readonly ssin: string; readonly facts: readonly Fact[] }): Promise<void> {
      await this.client.registerPerson({ requestId: newRequestId(), ssin, facts: [...facts] });
    }

    async moves(ssin: string, street: string): Promise<void> {
      const facts = [
        Fact.fromPartial({ period: { startDate: { year: 2020, month: 1, day: 1 } }, fact: address(street, '1') }),
      ];
      await this.client.changePerson({ requestId: newRequestId(), ssin, facts, expectedSourceRevision: 0n });
    }

    /** Family name and street, or the reason of the refusal. */
    async sees(ssin: string): Promise<string> {
      try {
        const { name, address: lives } = shownIn(await this.read(ssin)) ?? {};
        return [...(name?.familyNames ?? []), ...(lives ? [lives.street] : [])].join(', ') || 'nothing';
      } catch (error) {
        if (error instanceof RemoteError) return error.reason;
        throw error;
      }
    }
  }

  const clientAt = (port: number) => mesh.connect(PersonServiceService, port, tls, { deadlineMs: 20_000 });

  const started = async (server: Promise<ArchivedPostgres>): Promise<ArchivedPostgres> => {
    running.push(await server);
    return server;
  };

  const keysIn = async (server: ArchivedPostgres): Promise<string[]> =>
    (
      await server.query<{ person_id: string }>(
        'select person_id from subject_keys order by 1',
        (
          await server.databasesOf(REGISTRY)
        ).keys?.migrator,
      )
    ).map(({ person_id }) => person_id);

  const eventsIn = async (server: ArchivedPostgres): Promise<string[]> =>
    (
      await server.query<{ event_id: string }>(
        'select event_id from es.events order by 1',
        (
          await server.databasesOf(REGISTRY)
        ).main.migrator,
      )
    ).map(({ event_id }) => event_id);

  /** As an erasure does: what was sealed for the person cannot be read again. */
  const erase = async (server: ArchivedPostgres, personIds: readonly string[]): Promise<void> => {
    const db = await openDatabase({ url: (await server.databasesOf(REGISTRY)).keys?.app ?? '' });
    const keys = new PostgresSubjectKeys({ db, keys: new FileKeyProvider(mesh.keyFile) });
    for (const personId of personIds) await keys.destroy({ personId, erasedAt: new Date(), reason: 'SPEC' });
    await db.close();
  };

  beforeAll(async () => {
    mesh = await TestMesh.start(REGISTRY);
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
    progress('two servers with archives, and the registry on them');
    const [main, keys] = [
      await started(ArchivedPostgres.start(join(folder, 'main'))),
      await started(ArchivedPostgres.start(join(folder, 'keys'))),
    ];
    const registry = await Registry.start(main, keys);
    await registry.register(anna);
    progress('base backups, and what happens afterwards');
    backups = {
      main: await main.baseBackup(join(folder, 'main-backup')),
      keys: await keys.baseBackup(join(folder, 'keys-backup')),
    };
    await registry.moves(anna.ssin, 'Nieuwstraat');
    const known = await keysIn(keys);
    await registry.register(bert);
    const ofBert = (await keysIn(keys)).filter((id) => !known.includes(id));
    expect(ofBert).toHaveLength(1);
    before = { instant: await main.instant(), events: await eventsIn(main), keys: await keysIn(keys) };
    await registry.register(chris);
    await erase(keys, ofBert);
    expect((await eventsIn(main)).length).toBeGreaterThan(before.events.length);
    for (const server of [main, keys]) await server.archived();
    progress('both disks are lost');
    await registry.process.stop('SIGKILL');
    for (const server of [main, keys]) await server.lose();

    progress(`restores: the database to ${before.instant}, keys to the latest`);
    restored = await (async () => {
      const [mainAgain, keysAgain] = [
        await started(ArchivedPostgres.restore(backups.main, join(folder, 'main-2'), { instant: before.instant })),
        await started(ArchivedPostgres.restore(backups.keys, join(folder, 'keys-2'), 'latest')),
      ];
      return { main: mainAgain, keys: keysAgain, registry: await Registry.start(mainAgain, keysAgain) };
    })();
  }, 300_000);

  afterAll(async () => {
    await mesh.stop();
    for (const server of running) await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  it('the database has the events up to the instant, and none after it', async () => {
    const other = await ArchivedPostgres.restore(backups.main, join(folder, 'main-3'), { instant: before.instant });
    try {
      expect(await eventsIn(other)).toEqual(before.events);
    } finally {
      await other.stop();
    }
  });

  it('the service answers with what was so at the instant, and takes changes', async () => {
    const { registry } = restored;
    expect(await registry.sees(anna.ssin)).toContain('Nieuwstraat');
    expect(await registry.sees(chris.ssin)).toBe('nothing');
    await registry.register(chris);
    expect(await registry.sees(chris.ssin)).toContain('Proefpersoon3');
  });

  it('who was erased after the instant stays erased, because keys are at their latest state', async () => {
    expect(await restored.registry.sees(bert.ssin)).not.toContain('Proefpersoon2');
    // With the key of Chris, who was registered after the instant.
    expect((await keysIn(restored.keys)).length).toBeGreaterThan(before.keys.length);
  });

  it('keys of the instant would bring an erased person back: what the runbook and the chart forbid', async () => {
    const [main, keys] = [
      await started(ArchivedPostgres.restore(backups.main, join(folder, 'main-4'), { instant: before.instant })),
      await started(ArchivedPostgres.restore(backups.keys, join(folder, 'keys-4'), { instant: before.instant })),
    ];
    const wrong = await Registry.start(main, keys);
    expect(await wrong.sees(bert.ssin)).toContain('Proefpersoon2');
    await wrong.process.stop();
  });

  it('a restored server has an archive of its own, and can be restored again', async () => {
    const { main, registry } = restored;
    await registry.moves(anna.ssin, 'Langestraat');
    const backup = await main.baseBackup(join(folder, 'main-2-backup'));
    await registry.moves(anna.ssin, 'Kortestraat');
    await main.archived();
    const again = await ArchivedPostgres.restore(backup, join(folder, 'main-5'), 'latest');
    try {
      expect(await eventsIn(again)).toEqual(await eventsIn(main));
    } finally {
      await again.stop();
    }
  });
});
