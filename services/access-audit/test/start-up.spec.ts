import 'reflect-metadata';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  AddressSettings,
  BusSettings,
  Clock,
  DatabaseSettings,
  GrpcSettings,
  KeySettings,
  MeshSettings,
  SubjectKeySettings,
} from '@crossroads/configuration';
import { NumberState } from '@crossroads/contracts/directory/v1/directory_service';
import { connect, GrpcTransport, nestLogger } from '@crossroads/grpc';
import { withCbeCheck } from '@crossroads/identifiers';
import { CertificateAuthority, type Identity } from '@crossroads/local';
import { PolicyFollower, PolicyIndex } from '@crossroads/policy';
import { generateKeyFile } from '@crossroads/privacy';
import { eventually, type TestDatabase, testDatabase, testPostgres } from '@crossroads/testing';
import { Link } from '@crossroads/testing/mesh';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { INestMicroservice } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { Citizens } from '../src/access-list/citizens.js';
import { AppModule } from '../src/app.module.js';

const TRUST_DOMAIN = 'crossroads.test';
const PERSON = '0193a2f0-0000-7000-8000-000000000001';
const NOON = new Date('2026-03-02T12:00:00Z');

describe('a start while nothing is there', () => {
  let application: INestMicroservice;
  let starting: Promise<void>;
  let strategy: GrpcTransport;
  let listens = false;
  let links: { link: Link }[];
  let databases: TestDatabase[];
  const folder = mkdtempSync(join(tmpdir(), 'crossroads-audit-'));

  beforeAll(async () => {
    const authority = await CertificateAuthority.create(TRUST_DOMAIN);
    const write = ({ certificate, key }: Identity, name: string) => {
      const files = { ca: join(folder, 'ca.pem'), cert: join(folder, `${name}.pem`), key: join(folder, `${name}.key`) };
      writeFileSync(files.ca, authority.certificate);
      writeFileSync(files.cert, certificate);
      writeFileSync(files.key, key);
      return files;
    };
    const own = write(await authority.issueService('access-audit'), 'access-audit');
    const enterpriseNumber = withCbeCheck('02080000');
    const desk = write(await authority.issueApplication({ application: 'desk', enterpriseNumber }), 'desk');
    const keyFile = join(folder, 'keys.json');
    await generateKeyFile(keyFile, ['subject-keys', 'page-tokens', 'crossroads.access.v1']);
    const [database, keys, bus] = [await testDatabase(), await testDatabase(), await testDatabase()];
    databases = [database, keys, bus];

    const [app, migrator, log] = [
      await Link.ofUrl(database.url),
      await Link.ofUrl(database.migratorUrl),
      await Link.ofUrl(bus.migratorUrl),
    ];
    links = [app, migrator, log];
    for (const { link } of links) link.cut();
    const testing = Test.createTestingModule({ imports: [AppModule] })
      .setLogger(nestLogger)
      .overrideProvider(MeshSettings)
      .useValue(new MeshSettings({ TLS_CA_FILE: own.ca, TLS_CERT_FILE: own.cert, TLS_KEY_FILE: own.key }))
      .overrideProvider(GrpcSettings)
      .useValue(new GrpcSettings({ GRPC_PORT: '0' }))
      .overrideProvider(DatabaseSettings)
      .useValue(new DatabaseSettings({ DATABASE_URL: app.url, DATABASE_MIGRATOR_URL: migrator.url }))
      .overrideProvider(KeySettings)
      .useValue(new KeySettings({ KEY_FILE: keyFile }))
      .overrideProvider(SubjectKeySettings)
      .useValue(
        new SubjectKeySettings({
          KEYS_DATABASE_URL: keys.url,
          KEYS_DATABASE_MIGRATOR_URL: keys.migratorUrl,
        }),
      )
      .overrideProvider(BusSettings)
      .useValue(new BusSettings({ EMBEDDED_LOG_URL: log.url }))
      .overrideProvider(AddressSettings)
      .useValue(
        new AddressSettings({
          EXCHANGE_ADDRESS: '127.0.0.1:9',
          SUBSCRIPTION_ADDRESS: '127.0.0.1:9',
          REFERENCE_DIRECTORY_ADDRESS: '127.0.0.1:9',
        }),
      )
      .overrideProvider(Clock)
      .useValue({ now: () => NOON })
      .overrideProvider(PolicyFollower)
      .useValue({
        policy: () => new PolicyIndex(),
        ready: () => true,
        requireRegistered: () => undefined,
        close: async () => undefined,
      })
      .overrideProvider(Citizens)
      .useValue({
        signedIn: async () => '81050103522',
        person: async () => ({
          state: NumberState.NUMBER_STATE_VALID,
          personId: PERSON,
          inscriptions: [],
          mergedPersonIds: [],
        }),
      })
      .compile();
    starting = testing.then(async (module) => {
      strategy = module.get(GrpcTransport);
      application = module.createNestMicroservice({ strategy });
      await application.listen();
      listens = true;
    });
    await delay(1);
    void desk;
    void connect;
  }, 120_000);

  afterAll(async () => {
    await application.close();
    for (const database of databases) await database.drop();
    await (await testPostgres()).stop();
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  it('waits for its database, serves once that is there, and is ready once the bus is', async () => {
    await delay(2_000);
    expect(listens).toBe(false);
    links[0]?.link.mend();
    links[1]?.link.mend();
    await starting;
    const health = () =>
      Object.fromEntries(
        strategy.unwrap<{ health: { ingredients(): ReadonlyMap<string, boolean> } }>().health.ingredients(),
      );
    expect(health()).toEqual({ database: true, 'subject-keys': true, policy: true, bus: false });
    links[2]?.link.mend();
    await eventually(
      async () => health()['bus'],
      (there) => there === true,
    );
  }, 60_000);
});
