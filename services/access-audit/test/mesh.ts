import { generateKeyPairSync, type KeyObject, X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AuditServiceService } from '@crossroads/contracts/audit/v1/audit_service';
import {
  type CheckResponse,
  DirectoryServiceService,
  NumberState,
} from '@crossroads/contracts/directory/v1/directory_service';
import {
  type Connection,
  connect,
  RemoteError,
  type RunningServer,
  serve,
  spkiOf,
  startServer,
  type TlsFiles,
} from '@crossroads/grpc';
import { withCbeCheck } from '@crossroads/identifiers';
import { TopicSealing } from '@crossroads/messaging';
import { FileKeyProvider, generateKeyFile, TopicSealer } from '@crossroads/privacy';
import { freePort, type TestDatabase, testDatabase, testPostgres } from '@crossroads/testing';
import { PolicyFeed, Publisher, ServiceProcess, type TestBus, testBus } from '@crossroads/testing/mesh';
import { exportJWK, SignJWT } from 'jose';

export { refusalOf } from '@crossroads/testing';

export const TRUST_DOMAIN = 'crossroads.test';
export const TOPIC = 'crossroads.access.v1';
export const PORTAL = withCbeCheck('02080000');
export const WELFARE = withCbeCheck('02070000');
export const ISSUER = 'https://sign-in.test';
export const OTHER_ISSUER = 'https://other.test';
const main = fileURLToPath(new URL('../src/main.js', import.meta.url));

export type AuditClient = Connection<typeof AuditServiceService>;

/** Databases, certificates, bus, sign-in providers and the other processes around access-audit. */
export class TestMesh {
  readonly policy = new PolicyFeed();
  /** What the directory stand-in says of a number. */
  readonly numbers = new Map<string, CheckResponse>();
  readonly signIn = new Map<string, KeyObject>();
  readonly tls = new Map<string, TlsFiles>();
  private readonly folder = mkdtempSync(join(tmpdir(), 'crossroads-audit-'));
  private readonly endings: (() => Promise<unknown> | void)[] = [];
  private files = 0;
  private directory: RunningServer | undefined;
  private env: Readonly<Record<string, string>> = {};

  private constructor(
    readonly bus: TestBus,
    readonly exchange: Publisher,
    readonly subscription: Publisher,
  ) {}

  static async start(kind: 'kafka' | 'embedded'): Promise<TestMesh> {
    const bus = await testBus(kind, TRUST_DOMAIN);
    const folder = mkdtempSync(join(tmpdir(), 'crossroads-audit-keys-'));
    const keyFile = join(folder, 'keys.json');
    await generateKeyFile(keyFile, ['subject-keys', 'page-tokens', TOPIC]);
    const publisher = async (name: string) => {
      const { ca, cert, key } = await bus.issue((authority) => authority.issueService(name));
      const tls = {
        ca: join(folder, `${name}-ca.pem`),
        cert: join(folder, `${name}.pem`),
        key: join(folder, `${name}.key`),
      };
      for (const [file, text] of [
        [tls.ca, ca],
        [tls.cert, cert],
        [tls.key, key],
      ] as const)
        writeFileSync(file, text);
      const sealing = sealingWith(keyFile, name);
      return Publisher.start({ name, topic: TOPIC, broker: bus.broker, sealing, tls, trustDomain: TRUST_DOMAIN });
    };
    const mesh = new TestMesh(bus, await publisher('exchange'), await publisher('subscription'));
    await mesh.prepare(keyFile);
    mesh.endings.push(() => rmSync(folder, { recursive: true, force: true }));
    return mesh;
  }

  private async prepare(keyFile: string): Promise<void> {
    await this.bus.allow('access-audit');
    const tls = await this.write((ca) => ca.issueService('access-audit'));
    this.env = {
      ...this.bus.env,
      TLS_CA_FILE: tls.ca,
      TLS_CERT_FILE: tls.cert,
      TLS_KEY_FILE: tls.key,
      KEY_FILE: keyFile,
      AUTHORIZATION_ADDRESS: await this.policy.start(await this.service('authorization'), TRUST_DOMAIN),
      REFERENCE_DIRECTORY_ADDRESS: await this.startDirectory(await this.service('reference-directory')),
      EXCHANGE_ADDRESS: this.exchange.address,
      SUBSCRIPTION_ADDRESS: this.subscription.address,
    };
    for (const enterpriseNumber of [PORTAL, WELFARE]) {
      const own = await this.institution(enterpriseNumber);
      this.tls.set(enterpriseNumber, own);
      const hash = spkiOf(new X509Certificate(readFileSync(own.cert)));
      this.policy.put(
        {
          $case: 'institution',
          value: {
            enterpriseNumber,
            name: `Institution ${enterpriseNumber}`,
            roles: [],
            represents: [],
            officialKeys: [],
          },
        },
        { $case: 'application', value: { enterpriseNumber, name: 'desk', spkiHashes: [hash] } },
      );
    }
    for (const issuer of [ISSUER, OTHER_ISSUER]) await this.provider(issuer);
  }

  private async provider(issuer: string): Promise<void> {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    this.signIn.set(issuer, privateKey);
    const jwk = { ...(await exportJWK(publicKey)) };
    this.policy.put({ $case: 'signInProvider', value: { issuer, keys: [{ kid: 'k1', jwk }] } });
  }

  /** What a sign-in provider says of a citizen. */
  token(
    ssin: string,
    more: { issuer?: string; audience?: string; lifetimeS?: number; signedBy?: string; kid?: string } = {},
  ): Promise<string> {
    const { issuer = ISSUER, audience = 'urn:crossroads:access-audit', lifetimeS = 120, kid = 'k1' } = more;
    const key = this.signIn.get(more.signedBy ?? issuer);
    if (!key) throw new Error('no such provider');
    const now = Math.floor(Date.now() / 1000);
    return new SignJWT({ ssin })
      .setProtectedHeader({ alg: 'ES256', kid })
      .setIssuer(issuer)
      .setAudience(audience)
      .setIssuedAt(now)
      .setExpirationTime(now + lifetimeS)
      .sign(key);
  }

  person(ssin: string, personId: string, mergedPersonIds: string[] = []): void {
    this.numbers.set(ssin, { state: NumberState.NUMBER_STATE_VALID, personId, inscriptions: [], mergedPersonIds });
  }

  service(name: string): Promise<TlsFiles> {
    return this.write((authority) => authority.issueService(name));
  }

  institution(enterpriseNumber: string): Promise<TlsFiles> {
    return this.write((authority) => authority.issueApplication({ application: 'desk', enterpriseNumber }));
  }

  sealing(producer: string, keyFile = this.env['KEY_FILE'] ?? ''): TopicSealing {
    return sealingWith(keyFile, producer);
  }

  /** A process of its own on databases of its own: new, it begins at the beginning. */
  async run(): Promise<RunningAudit> {
    const [database, keys, port] = [await testDatabase(), await testDatabase(), await freePort()];
    const env = {
      ...this.env,
      GRPC_PORT: String(port),
      DATABASE_URL: database.url,
      DATABASE_MIGRATOR_URL: database.migratorUrl,
      KEYS_DATABASE_URL: keys.url,
      KEYS_DATABASE_MIGRATOR_URL: keys.migratorUrl,
    };
    const probe = this.client(port, PORTAL);
    const isUp = () =>
      probe.listAccesses({ pageSize: 1, pageToken: '', withoutOwn: false }, { deadlineMs: 2_000 }).then(
        () => false,
        (error: unknown) => error instanceof RemoteError && error.reason === 'TOKEN_MISSING',
      );
    const start = () => ServiceProcess.start(main, env, isUp);
    const running = {
      child: await start(),
      port,
      database,
      keys,
      restart: async () => {
        running.child = await start();
      },
    };
    this.endings.unshift(async () => {
      await running.child.stop('SIGKILL');
      await database.drop();
      await keys.drop();
    });
    return running;
  }

  client(port: number, institution: string): AuditClient {
    const tls = this.tls.get(institution);
    if (!tls) throw new Error('no such institution');
    return this.clientWith(port, tls);
  }

  clientWith(port: number, tls: TlsFiles): AuditClient {
    const server = { kind: 'service', name: 'access-audit' } as const;
    const client = connect(AuditServiceService, `127.0.0.1:${port}`, { tls, trustDomain: TRUST_DOMAIN, server });
    this.endings.unshift(() => client.close());
    return client;
  }

  async stop(): Promise<void> {
    for (const end of this.endings) await end();
    await this.exchange.stop();
    await this.subscription.stop();
    await this.policy.stop();
    await this.directory?.stop();
    await this.bus.stop();
    await (await testPostgres()).stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async startDirectory(tls: TlsFiles): Promise<string> {
    const { check } = DirectoryServiceService;
    const nobody = { state: NumberState.NUMBER_STATE_UNKNOWN, personId: '', inscriptions: [], mergedPersonIds: [] };
    const answer = async ({ person }: { person: { by?: { value: string } | undefined } | undefined }) =>
      this.numbers.get(person?.by?.value ?? '') ?? nobody;
    const service = serve({ check }, { check: answer }, { allow: { check: ['service:access-audit'] } });
    const domain = 'reference-directory.crossroads';
    this.directory = await startServer({
      host: '127.0.0.1',
      port: 0,
      tls,
      trustDomain: TRUST_DOMAIN,
      domain,
      services: [service],
    });
    return `127.0.0.1:${this.directory.port}`;
  }

  private async write(make: Parameters<TestBus['issue']>[0]): Promise<TlsFiles> {
    const { ca, cert, key } = await this.bus.issue(make);
    const base = join(this.folder, String(++this.files));
    const tls = { ca: `${base}-ca.pem`, cert: `${base}.pem`, key: `${base}.key` };
    for (const [file, text] of [
      [tls.ca, ca],
      [tls.cert, cert],
      [tls.key, key],
    ] as const)
      writeFileSync(file, text);
    return tls;
  }
}

export interface RunningAudit {
  child: ServiceProcess;
  readonly port: number;
  readonly database: TestDatabase;
  readonly keys: TestDatabase;
  restart(): Promise<void>;
}

const sealingWith = (keyFile: string, producer: string) =>
  new TopicSealing(new TopicSealer({ keys: new FileKeyProvider(keyFile), producer }));
