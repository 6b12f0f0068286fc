import { type ChildProcess, spawn } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AuthorizationServiceService } from '@crossroads/contracts/authorization/v1/authorization_service';
import { connect, newRequestId, RemoteError, spkiOf, type TlsFiles } from '@crossroads/grpc';
import { withCbeCheck } from '@crossroads/identifiers';
import { CertificateAuthority } from '@crossroads/local';
import { followPolicy, type PolicyFollower } from '@crossroads/policy';
import { eventually, freePort, type TestDatabase, testDatabase, testPostgres } from '@crossroads/testing';

const TRUST_DOMAIN = 'crossroads.test';
const main = fileURLToPath(new URL('../src/main.js', import.meta.url));

/** Institutions of the test, by their short names; each has the application `desk`. */
export const numbers = {
  administrator: withCbeCheck('02030001'),
  committee: withCbeCheck('02030002'),
  welfareOffice: withCbeCheck('02030003'),
  employmentOffice: withCbeCheck('02030004'),
} as const;
export type Name = keyof typeof numbers;

/** The service as it runs: a process of its own, PostgreSQL, mutual TLS. */
export class RunningAuthorization {
  private process: ChildProcess | undefined;
  private readonly open: { close(): void | Promise<void> }[] = [];
  output = '';

  private constructor(
    readonly port: number,
    readonly database: TestDatabase,
    readonly folder: string,
    private readonly ca: CertificateAuthority,
    readonly env: NodeJS.ProcessEnv,
  ) {}

  /** With these settings besides those that it needs. */
  static async start(settings: NodeJS.ProcessEnv = {}): Promise<RunningAuthorization> {
    const folder = await mkdtemp(join(tmpdir(), 'authorization-'));
    const ca = await CertificateAuthority.create(TRUST_DOMAIN);
    const database = await testDatabase();
    const port = await freePort();
    const env: NodeJS.ProcessEnv & { BOOTSTRAP_ADMINISTRATOR?: string } = {
      ...process.env,
      GRPC_PORT: String(port),
      DATABASE_URL: database.url,
      DATABASE_MIGRATOR_URL: database.migratorUrl,
      TLS_CA_FILE: join(folder, 'ca.pem'),
      TLS_CERT_FILE: join(folder, 'authorization.pem'),
      TLS_KEY_FILE: join(folder, 'authorization-key.pem'),
      ...settings,
    };
    const running = new RunningAuthorization(port, database, folder, ca, env);
    await writeFile(join(folder, 'ca.pem'), ca.certificate);
    for (const name of ['authorization', 'exchange', 'access-audit', 'stranger'])
      await running.save(name, await ca.issueService(name));
    for (const [name, enterpriseNumber] of Object.entries(numbers))
      await running.save(name, await ca.issueApplication({ application: 'desk', enterpriseNumber }));
    const first = [numbers.administrator, 'Administration of the network', 'desk', await running.spki('administrator')];
    env.BOOTSTRAP_ADMINISTRATOR = first.join(':');
    await running.launch();
    return running;
  }

  /** Starts the process, and waits until it serves. */
  async launch(): Promise<void> {
    const child = spawn(process.execPath, ['--enable-source-maps', main], {
      env: this.env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.process = child;
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => {
        this.output += String(chunk);
      });
    const probe = this.as('administrator', 2_000);
    await eventually(
      () => {
        if (child.exitCode !== null) throw new Error(`the service ended: ${this.output}`);
        return outcomeOf(probe.listDataServices({ pageSize: 1, pageToken: '' }));
      },
      (outcome) => outcome === 'OK',
      30_000,
    );
  }

  /** SIGTERM as an orchestrator sends it, or SIGKILL; gives the exit code. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    const child = this.process;
    if (!child || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
    return child.exitCode;
  }

  as(name: string, deadlineMs = 20_000) {
    return this.closedAtEnd(
      connect(AuthorizationServiceService, this.address, { ...this.connectionOf(name), deadlineMs }),
    );
  }

  follow(staleAfterMs?: number): PolicyFollower {
    const { tls } = this.connectionOf('exchange');
    const stale = staleAfterMs === undefined ? {} : { staleAfterMs };
    return this.closedAtEnd(followPolicy({ address: this.address, tls, trustDomain: TRUST_DOMAIN, ...stale }));
  }

  /** A new certificate of an institution, under a file name of its own. */
  async issue(
    file: string,
    enterpriseNumber: string,
    validity: { readonly notAfter?: Date; readonly application?: string } = {},
  ) {
    const { application = 'desk', ...rest } = validity;
    await this.save(file, await this.ca.issueApplication({ application, enterpriseNumber, ...rest }));
  }

  /** A certificate that says the right thing, of an authority that nobody trusts. */
  async issueByStranger(file: string, enterpriseNumber: string) {
    const stranger = await CertificateAuthority.create(TRUST_DOMAIN);
    await this.save(file, await stranger.issueApplication({ application: 'desk', enterpriseNumber }));
  }

  async spki(file: string): Promise<string> {
    return spkiOf(new X509Certificate(await readFile(join(this.folder, `${file}.pem`))));
  }

  /** Members with their keys; the administrator is there from the start. */
  async registerMembers(): Promise<void> {
    const administrator = this.as('administrator');
    const roles = { administrator: [1], committee: [2], welfareOffice: [], employmentOffice: [] } as const;
    for (const name of ['committee', 'welfareOffice', 'employmentOffice'] as const) {
      const enterpriseNumber = numbers[name];
      const institution = { enterpriseNumber, name, roles: [...roles[name]], represents: [], officialKeys: [] };
      await administrator.registerInstitution({ requestId: newRequestId(), institution });
      const application = { enterpriseNumber, name: 'desk', spkiHashes: [await this.spki(name)] };
      await administrator.registerApplication({ requestId: newRequestId(), application });
    }
  }

  async close(): Promise<void> {
    for (const one of this.open) await one.close();
    await this.stop();
    await this.database.drop();
    await (await testPostgres()).stop();
    await rm(this.folder, { recursive: true });
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  private async save(name: string, { certificate, key }: { certificate: string; key: string }): Promise<void> {
    await writeFile(join(this.folder, `${name}.pem`), certificate);
    await writeFile(join(this.folder, `${name}-key.pem`), key);
  }

  private closedAtEnd<One extends { close(): void | Promise<void> }>(one: One): One {
    this.open.push(one);
    return one;
  }

  private connectionOf(name: string) {
    const file = (end: string) => join(this.folder, `${name}${end}`);
    const tls: TlsFiles = { ca: join(this.folder, 'ca.pem'), cert: file('.pem'), key: file('-key.pem') };
    return { tls, trustDomain: TRUST_DOMAIN, server: { kind: 'service', name: 'authorization' } as const };
  }
}

/** `CODE REASON`, or `OK`. */
export const outcomeOf = async (call: Promise<unknown>): Promise<string> => {
  try {
    await call;
    return 'OK';
  } catch (error) {
    if (error instanceof RemoteError) return error.reason || `code ${error.code}`;
    throw error;
  }
};
