import 'reflect-metadata';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  AddressSettings,
  BusSettings,
  DatabaseSettings,
  GrpcSettings,
  KeySettings,
  MeshSettings,
} from '@crossroads/configuration';
import { DirectoryServiceService, NumberState } from '@crossroads/contracts/directory/v1/directory_service';
import { connect, GrpcTransport, nestLogger, newRequestId, type TlsFiles } from '@crossroads/grpc';
import { withCbeCheck } from '@crossroads/identifiers';
import { CertificateAuthority, type Identity } from '@crossroads/local';
import { generateKeyFile } from '@crossroads/privacy';
import { eventually, type TestDatabase, testDatabase, testPostgres } from '@crossroads/testing';
import { Link } from '@crossroads/testing/mesh';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { INestMicroservice } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { AppModule } from '../src/app.module.js';
import { testNumber } from './numbers.js';
import { refusalOf, WHOLE } from './requests.js';

const TRUST_DOMAIN = 'crossroads.test';
/** Nobody listens there. */
const ABSENT = '127.0.0.1:9';

describe('a start without database, bus and authorization', () => {
  const folder = mkdtempSync(join(tmpdir(), 'reference-directory-'));
  const closings: (() => unknown)[] = [];
  let databases: TestDatabase[];
  let databaseLink: Link;
  let busLink: Link;
  let exchange: TlsFiles;
  let desk: TlsFiles;
  let strategy: GrpcTransport;
  let application: INestMicroservice | undefined;
  let starting: Promise<void>;

  beforeAll(async () => {
    const authority = await CertificateAuthority.create(TRUST_DOMAIN);
    const write = ({ certificate, key }: Identity, name: string): TlsFiles => {
      const files = { ca: join(folder, 'ca.pem'), cert: join(folder, `${name}.pem`), key: join(folder, `${name}.key`) };
      writeFileSync(files.ca, authority.certificate);
      writeFileSync(files.cert, certificate);
      writeFileSync(files.key, key);
      return files;
    };
    const own = write(await authority.issueService('reference-directory'), 'reference-directory');
    exchange = write(await authority.issueService('exchange'), 'exchange');
    const enterpriseNumber = withCbeCheck('02080000');
    desk = write(await authority.issueApplication({ application: 'desk', enterpriseNumber }), 'desk');
    const keyFile = join(folder, 'keys.json');
    await generateKeyFile(keyFile, ['ssin-index', 'page-tokens', 'crossroads.person.v1']);
    const [database, log] = [await testDatabase(), await testDatabase()];
    databases = [database, log];
    const [migrator, bus] = [await Link.ofUrl(database.migratorUrl), await Link.ofUrl(log.migratorUrl)];
    databaseLink = migrator.link;
    busLink = bus.link;
    for (const link of [databaseLink, busLink]) {
      link.cut();
      closings.push(() => link.close());
    }

    starting = Test.createTestingModule({ imports: [AppModule] })
      .setLogger(nestLogger)
      .overrideProvider(MeshSettings)
      .useValue(new MeshSettings({ TLS_CA_FILE: own.ca, TLS_CERT_FILE: own.cert, TLS_KEY_FILE: own.key }))
      .overrideProvider(GrpcSettings)
      .useValue(new GrpcSettings({ GRPC_PORT: '0' }))
      .overrideProvider(DatabaseSettings)
      .useValue(new DatabaseSettings({ DATABASE_URL: database.url, DATABASE_MIGRATOR_URL: migrator.url }))
      .overrideProvider(KeySettings)
      .useValue(new KeySettings({ KEY_FILE: keyFile }))
      .overrideProvider(BusSettings)
      .useValue(new BusSettings({ EMBEDDED_LOG_URL: bus.url }))
      .overrideProvider(AddressSettings)
      .useValue(new AddressSettings({ AUTHORIZATION_ADDRESS: ABSENT, PERSON_REGISTRY_ADDRESS: ABSENT }))
      .compile()
      .then(async (module) => {
        strategy = module.get(GrpcTransport);
        application = module.createNestMicroservice({ strategy });
        await application.listen();
      });
  }, 60_000);

  afterAll(async () => {
    for (const close of closings) close();
    await application?.close();
    for (const database of databases) await database.drop();
    await (await testPostgres()).stop();
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  const clientAs = (tls: TlsFiles) => {
    const client = connect(DirectoryServiceService, `127.0.0.1:${strategy.port}`, {
      tls,
      trustDomain: TRUST_DOMAIN,
      server: { kind: 'service', name: 'reference-directory' },
    });
    closings.unshift(() => client.close());
    return client;
  };
  const health = () =>
    Object.fromEntries(strategy.unwrap<{ health: { results(): ReadonlyMap<string, boolean> } }>().health.results());

  it('the service does not listen before the database answers', async () => {
    await eventually(
      () => databaseLink.refused,
      (refused) => refused >= 2,
    );
    expect(application).toBeUndefined();
  });

  it('the service listens once the database answers, and is not ready without bus and authorization', async () => {
    databaseLink.mend();
    await starting;
    expect(health()).toEqual({ database: true, policy: false, bus: false });
  }, 30_000);

  it('services of the mesh are answered without authorization, institutions are not', async () => {
    const person = { by: { $case: 'ssin' as const, value: testNumber(1) } };
    const { state } = await clientAs(exchange).check({ person, institutions: [], date: undefined });
    expect(state).toBe(NumberState.NUMBER_STATE_UNKNOWN);
    const inscribe = clientAs(desk).inscribe({
      requestId: newRequestId(),
      institution: '',
      ssin: testNumber(1),
      inscriptionContext: '17/2',
      period: WHOLE,
    });
    expect(await refusalOf(inscribe)).toBe('POLICY_STALE');
  }, 30_000);

  it('the bus is used once it answers', async () => {
    busLink.mend();
    await eventually(
      () => health()['bus'],
      (ready) => ready === true,
    );
  }, 30_000);
});
