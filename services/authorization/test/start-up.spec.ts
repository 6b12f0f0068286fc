import { Clock } from '@crossroads/configuration';
import { AuthorizationServiceService } from '@crossroads/contracts/authorization/v1/authorization_service';
import { DeliberationState, Role } from '@crossroads/contracts/authorization/v1/policy';
import { newRequestId, type TlsFiles } from '@crossroads/grpc';
import { eventually } from '@crossroads/testing';
import { type InProcessService, Link, spkiHash, TestMesh } from '@crossroads/testing/mesh';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AppModule } from '../src/app.module.js';
import { service } from '../src/service.js';
import { draft, wages } from './requests.js';
import { REGISTRATION, numbers } from './running-authorization.js';

const DAY_MS = 86_400_000;
/** Another day than today, on which what is registered for 399 days has not ended today. */
const NOON = new Date(new Date().setUTCHours(12, 0, 0, 0) - 30 * DAY_MS);
const NOT_AFTER = new Date(NOON.getTime() + 399 * DAY_MS);

describe('authorization, started while its database is away', () => {
  let mesh: TestMesh;
  let administrator: TlsFiles;
  let starting: Promise<InProcessService>;
  let listens = false;
  let links: readonly Link[];

  beforeAll(async () => {
    mesh = await TestMesh.start('authorization');
    administrator = await mesh.applicationCertificate(numbers.administrator);
    const [app, migrator] = [await Link.ofUrl(mesh.database.url), await Link.ofUrl(mesh.database.migratorUrl)];
    links = [app.link, migrator.link];
    for (const link of links) {
      mesh.defer(() => link.close());
      link.cut();
    }
    starting = mesh.startInProcess(service, AppModule, {
      env: {
        DATABASE_URL: app.url,
        DATABASE_MIGRATOR_URL: migrator.url,
        BOOTSTRAP_ADMINISTRATOR: `${numbers.administrator}:Administration:desk:${spkiHash(administrator)}`,
      },
      override: (builder) => builder.overrideProvider(Clock).useValue({ now: () => NOON }),
    });
    void starting.then(() => {
      listens = true;
    });
  });
  afterAll(() => mesh.stop());

  const as = async (tls: TlsFiles) => mesh.connect(AuthorizationServiceService, (await starting).port, tls);

  it('serves once the database is there, to the first administrator', async () => {
    await eventually(
      () => links.some(({ refused }) => refused >= 2),
      (tried) => tried,
    );
    expect(listens).toBe(false);
    for (const link of links) link.mend();
    const { server } = await starting;
    expect(Object.fromEntries(server.health.results())).toEqual({ database: true, policy: true });
    const noServices = { dataServices: [], nextPageToken: '' };
    expect(await (await as(administrator)).listDataServices({ pageSize: 0, pageToken: '' })).toEqual(noServices);
  });

  it('decides at the time of its clock', async () => {
    const asAdministrator = await as(administrator);
    const enterpriseNumber = numbers.committee;
    const committee = await mesh.applicationCertificate(enterpriseNumber);
    const institution = { enterpriseNumber, name: 'committee', roles: [Role.ROLE_COMMITTEE], represents: [] };
    await asAdministrator.registerInstitution({
      requestId: newRequestId(),
      institution: { ...institution, acceptedBy: [], officialKeys: [] },
    });
    const spkiHashes = [spkiHash(committee)];
    const application = { ...REGISTRATION, notAfter: NOT_AFTER, enterpriseNumber, name: 'desk', spkiHashes };
    await asAdministrator.registerApplication({ requestId: newRequestId(), application });
    const supplier = { source: numbers.administrator, address: 'localhost:9999', deadlineMs: 0 };
    const dataService = { ...wages, supplier, reporters: [] };
    await asAdministrator.registerDataService({ requestId: newRequestId(), dataService });
    const { deliberationId } = await asAdministrator.submitDeliberation({
      requestId: newRequestId(),
      deliberation: { ...draft, recipient: numbers.administrator },
    });
    const decision = { requestId: newRequestId(), deliberationId, approve: true, reason: '' };
    await (await as(committee)).decideDeliberation(decision);
    const { deliberation } = await asAdministrator.getDeliberation({ deliberationId });
    expect(deliberation).toMatchObject({ state: DeliberationState.DELIBERATION_STATE_APPROVED, decideTime: NOON });
  });
});
