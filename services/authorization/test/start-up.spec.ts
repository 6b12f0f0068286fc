import 'reflect-metadata';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Clock, DatabaseSettings, GrpcSettings, MeshSettings } from '@crossroads/configuration';
import { AuthorizationServiceService } from '@crossroads/contracts/authorization/v1/authorization_service';
import { DeliberationState, Role } from '@crossroads/contracts/authorization/v1/policy';
import { connect, GrpcTransport, nestLogger, newRequestId, spkiOf } from '@crossroads/grpc';
import { CertificateAuthority, type Identity } from '@crossroads/local';
import { eventually, type TestDatabase, testDatabase, testPostgres } from '@crossroads/testing';
import { Link } from '@crossroads/testing/mesh';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { INestMicroservice } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { X509Certificate } from 'node:crypto';
import { AppModule } from '../src/app.module.js';
import { FirstAdministratorSettings } from '../src/policy/first-administrator.settings.js';
import { draft, wages } from './requests.js';
import { numbers } from './running-authorization.js';

const TRUST_DOMAIN = 'crossroads.test';
const NOON = new Date('2026-03-02T12:00:00Z');

describe('authorization, started while its database is away', () => {
  let application: INestMicroservice | undefined;
  let started: Promise<void>;
  let strategy: GrpcTransport;
  let listens = false;
  let links: { readonly link: Link }[];
  let database: TestDatabase;
  let authority: CertificateAuthority;
  const folder = mkdtempSync(join(tmpdir(), 'crossroads-authorization-'));
  const clients: { close(): void }[] = [];

  const filesOf = (name: string) => ({
    ca: join(folder, 'ca.pem'),
    cert: join(folder, `${name}.pem`),
    key: join(folder, `${name}.key`),
  });
  const write = (name: string, { certificate, key }: Identity) => {
    writeFileSync(filesOf(name).cert, certificate);
    writeFileSync(filesOf(name).key, key);
    return spkiOf(new X509Certificate(certificate));
  };
  const as = (name: string) => {
    const client = connect(AuthorizationServiceService, `127.0.0.1:${strategy.port}`, {
      tls: filesOf(name),
      trustDomain: TRUST_DOMAIN,
      server: { kind: 'service', name: 'authorization' },
    });
    clients.push(client);
    return client;
  };

  beforeAll(async () => {
    authority = await CertificateAuthority.create(TRUST_DOMAIN);
    writeFileSync(join(folder, 'ca.pem'), authority.certificate);
    write('authorization', await authority.issueService('authorization'));
    const enterpriseNumber = numbers.administrator;
    const spki = write('administrator', await authority.issueApplication({ application: 'desk', enterpriseNumber }));
    database = await testDatabase();
    const [app, migrator] = [await Link.ofUrl(database.url), await Link.ofUrl(database.migratorUrl)];
    links = [app, migrator];
    for (const { link } of links) link.cut();

    const { ca, cert, key } = filesOf('authorization');
    const testing = Test.createTestingModule({ imports: [AppModule] })
      .setLogger(nestLogger)
      .overrideProvider(MeshSettings)
      .useValue(new MeshSettings({ TLS_CA_FILE: ca, TLS_CERT_FILE: cert, TLS_KEY_FILE: key }))
      .overrideProvider(GrpcSettings)
      .useValue(new GrpcSettings({ GRPC_PORT: '0' }))
      .overrideProvider(DatabaseSettings)
      .useValue(new DatabaseSettings({ DATABASE_URL: app.url, DATABASE_MIGRATOR_URL: migrator.url }))
      .overrideProvider(FirstAdministratorSettings)
      .useValue(
        new FirstAdministratorSettings({ BOOTSTRAP_ADMINISTRATOR: `${enterpriseNumber}:Administration:desk:${spki}` }),
      )
      .overrideProvider(Clock)
      .useValue({ now: () => NOON })
      .compile();
    started = testing.then(async (module) => {
      strategy = module.get(GrpcTransport);
      application = module.createNestMicroservice({ strategy });
      await application.listen();
      listens = true;
    });
  }, 120_000);

  afterAll(async () => {
    for (const client of clients) client.close();
    await application?.close();
    for (const { link } of links) link.close();
    await database.drop();
    await (await testPostgres()).stop();
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  it('serves once the database is there, to the first administrator', async () => {
    await eventually(
      () => links.some(({ link }) => link.refused >= 2),
      (tried) => tried,
    );
    expect(listens).toBe(false);
    for (const { link } of links) link.mend();
    await started;
    const { health } = strategy.unwrap<{ health: { results(): ReadonlyMap<string, boolean> } }>();
    expect(Object.fromEntries(health.results())).toEqual({ database: true, policy: true });
    const noServices = { dataServices: [], nextPageToken: '' };
    expect(await as('administrator').listDataServices({ pageSize: 0, pageToken: '' })).toEqual(noServices);
  }, 60_000);

  it('decides at the time of its clock', async () => {
    const administrator = as('administrator');
    const enterpriseNumber = numbers.committee;
    const spki = write('committee', await authority.issueApplication({ application: 'desk', enterpriseNumber }));
    const institution = { enterpriseNumber, name: 'committee', roles: [Role.ROLE_COMMITTEE], represents: [] };
    await administrator.registerInstitution({
      requestId: newRequestId(),
      institution: { ...institution, officialKeys: [] },
    });
    const application = { enterpriseNumber, name: 'desk', spkiHashes: [spki] };
    await administrator.registerApplication({ requestId: newRequestId(), application });
    const supplier = { source: numbers.administrator, address: 'localhost:9999', deadlineMs: 0 };
    const dataService = { ...wages, supplier, reporters: [] };
    await administrator.registerDataService({ requestId: newRequestId(), dataService });
    const { deliberationId } = await administrator.submitDeliberation({
      requestId: newRequestId(),
      deliberation: { ...draft, recipient: numbers.administrator },
    });
    await as('committee').decideDeliberation({ requestId: newRequestId(), deliberationId, approve: true, reason: '' });
    const { deliberation } = await administrator.getDeliberation({ deliberationId });
    expect(deliberation).toMatchObject({ state: DeliberationState.DELIBERATION_STATE_APPROVED, decideTime: NOON });
  });
});
