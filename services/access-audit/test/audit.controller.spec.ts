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
import { AuditServiceService } from '@crossroads/contracts/audit/v1/audit_service';
import { NumberState } from '@crossroads/contracts/directory/v1/directory_service';
import { type Connection, connect, GrpcTransport, nestLogger } from '@crossroads/grpc';
import { withCbeCheck } from '@crossroads/identifiers';
import { CertificateAuthority, type Identity } from '@crossroads/local';
import { PolicyFollower, PolicyIndex } from '@crossroads/policy';
import { generateKeyFile } from '@crossroads/privacy';
import { refusalOf, type TestDatabase, testDatabase, testPostgres } from '@crossroads/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { INestMicroservice } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { Citizens } from '../src/access-list/citizens.js';
import { AppModule } from '../src/app.module.js';

const TRUST_DOMAIN = 'crossroads.test';
const PERSON = '0193a2f0-0000-7000-8000-000000000001';
const NOON = new Date('2026-03-02T12:00:00Z');

describe('the list of accesses, in one process', () => {
  let application: INestMicroservice;
  let portal: Connection<typeof AuditServiceService>;
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

    const testing = await Test.createTestingModule({ imports: [AppModule] })
      .setLogger(nestLogger)
      .overrideProvider(MeshSettings)
      .useValue(new MeshSettings({ TLS_CA_FILE: own.ca, TLS_CERT_FILE: own.cert, TLS_KEY_FILE: own.key }))
      .overrideProvider(GrpcSettings)
      .useValue(new GrpcSettings({ GRPC_PORT: '0' }))
      .overrideProvider(DatabaseSettings)
      .useValue(new DatabaseSettings({ DATABASE_URL: database.url, DATABASE_MIGRATOR_URL: database.migratorUrl }))
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
      .useValue(new BusSettings({ EMBEDDED_LOG_URL: bus.migratorUrl }))
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
    const strategy = testing.get(GrpcTransport);
    application = testing.createNestMicroservice({ strategy });
    await application.listen();
    portal = connect(AuditServiceService, `127.0.0.1:${strategy.port}`, {
      tls: desk,
      trustDomain: TRUST_DOMAIN,
      server: { kind: 'service', name: 'access-audit' },
    });
  }, 120_000);

  afterAll(async () => {
    portal.close();
    await application.close();
    for (const database of databases) await database.drop();
    await (await testPostgres()).stop();
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  it('holds the look itself', async () => {
    const request = { pageSize: 0, pageToken: '', withoutOwn: false };
    expect((await portal.listAccesses(request)).accesses).toEqual([]);
    const { accesses } = await portal.listAccesses(request);
    expect(accesses).toMatchObject([{ peer: withCbeCheck('02080000'), time: NOON, concluded: true }]);
  });

  it('names what is wrong with a request', async () => {
    expect(await refusalOf(portal.listAccesses({ pageSize: -1, pageToken: '', withoutOwn: true }))).toMatchObject({
      reason: 'INVALID_INPUT',
      metadata: { field: 'page_size' },
    });
  });
});
