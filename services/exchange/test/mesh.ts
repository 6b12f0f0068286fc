import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ExchangeServiceService } from '@crossroads/contracts/exchange/v1/exchange_service';
import {
  type Connection,
  connect,
  GrpcTransport,
  nestLogger,
  type RunningServer,
  type TlsFiles,
} from '@crossroads/grpc';
import { CertificateAuthority, type Identity } from '@crossroads/local';
import { generateKeyFile } from '@crossroads/privacy';
import { type TestDatabase, testDatabase, testPostgres } from '@crossroads/testing';
import { PolicyFeed } from '@crossroads/testing/mesh';
import type { INestMicroservice } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { newReceiptKey, type ReceiptKeys, readReceiptKeys } from '@crossroads/transparency';
import 'reflect-metadata';
import { AppModule } from '../src/app.module.js';
import { service } from '../src/service.js';
import { DirectoryStandIn } from './stand-ins.js';

export { refusalOf } from '@crossroads/testing';

export type ExchangeClient = Connection<typeof ExchangeServiceService>;

const TRUST_DOMAIN = 'crossroads.test';

/** Databases, certificates and stand-ins for the other processes around an exchange. */
export class TestMesh {
  readonly policy = new PolicyFeed();
  readonly directory = new DirectoryStandIn();
  readonly receipts = newReceiptKey();
  private readonly folder = mkdtempSync(join(tmpdir(), 'crossroads-exchange-'));
  private readonly closing: (() => unknown)[] = [];
  private files = 0;

  private constructor(
    readonly authority: CertificateAuthority,
    readonly database: TestDatabase,
    readonly keys: TestDatabase,
    readonly log: TestDatabase,
  ) {}

  static async start(): Promise<TestMesh> {
    const authority = await CertificateAuthority.create(TRUST_DOMAIN);
    const mesh = new TestMesh(authority, await testDatabase(), await testDatabase(), await testDatabase());
    await mesh.prepare();
    return mesh;
  }

  get keyFile(): string {
    return join(this.folder, 'keys.json');
  }

  get receiptKeys(): ReceiptKeys {
    return readReceiptKeys(JSON.stringify({ [this.receipts.keyId]: this.receipts.publicPem }));
  }

  private env: Readonly<Record<string, string>> = {};

  private async prepare(): Promise<void> {
    const tls = await this.service('exchange');
    const { keyFile } = this;
    await generateKeyFile(keyFile, ['subject-keys', 'crossroads.access.v1', 'crossroads.mutation.v1']);
    const receiptKeyFile = join(this.folder, 'receipts.pem');
    writeFileSync(receiptKeyFile, this.receipts.privatePem);
    this.env = {
      GRPC_PORT: '0',
      DATABASE_URL: this.database.url,
      DATABASE_MIGRATOR_URL: this.database.migratorUrl,
      KEYS_DATABASE_URL: this.keys.url,
      KEYS_DATABASE_MIGRATOR_URL: this.keys.migratorUrl,
      TLS_CA_FILE: tls.ca,
      TLS_CERT_FILE: tls.cert,
      TLS_KEY_FILE: tls.key,
      KEY_FILE: keyFile,
      RECEIPT_KEY_FILE: receiptKeyFile,
      EMBEDDED_LOG_URL: this.log.migratorUrl,
      AUTHORIZATION_ADDRESS: await this.policy.start(await this.service('authorization'), TRUST_DOMAIN),
      REFERENCE_DIRECTORY_ADDRESS: await this.directory.start(await this.service('reference-directory')),
    };
    this.closing.push(
      () => this.policy.stop(),
      () => this.directory.stop(),
    );
  }

  /** What ends with the mesh. */
  defer(end: () => unknown): void {
    this.closing.push(end);
  }

  service(name: string): Promise<TlsFiles> {
    return this.write(this.authority.issueService(name));
  }

  async institution(
    enterpriseNumber: string,
    application = 'desk',
    validity: { notAfter?: Date } = {},
  ): Promise<TlsFiles> {
    return this.write(this.authority.issueApplication({ application, enterpriseNumber, ...validity }));
  }

  async write(issued: Promise<Identity>, ca = this.authority): Promise<TlsFiles> {
    const { certificate, key } = await issued;
    const base = join(this.folder, String(++this.files));
    writeFileSync(`${base}.pem`, certificate);
    writeFileSync(`${base}.key`, key, { mode: 0o600 });
    writeFileSync(`${base}-ca.pem`, ca.certificate);
    return { ca: `${base}-ca.pem`, cert: `${base}.pem`, key: `${base}.key` };
  }

  /** An exchange in this process. */
  async exchange(overrides: Readonly<Record<string, string>> = {}): Promise<RunningExchange> {
    const testing = Test.createTestingModule({ imports: [AppModule] }).setLogger(nestLogger);
    const env = { ...service.defaults, ...this.env, ...overrides };
    for (const settings of service.settings)
      testing.overrideProvider(settings).useFactory({ factory: () => new settings(env) });
    const module = await testing.compile();
    const transport = module.get(GrpcTransport);
    const application = module.createNestMicroservice({ strategy: transport });
    await application.listen();
    const running = new RunningExchange(application, transport.unwrap<RunningServer>());
    this.closing.unshift(() => running.stop());
    return running;
  }

  /** An exchange as it really runs: a process of its own. */
  async exchangeProcess(port: number, nodeOptions = ''): Promise<ChildProcess> {
    const main = fileURLToPath(new URL('../src/main.js', import.meta.url));
    const child = spawn(process.execPath, [...nodeOptions.split(' ').filter(Boolean), main], {
      env: { ...process.env, ...this.env, GRPC_PORT: String(port) },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    this.closing.unshift(() => void child.kill('SIGKILL'));
    return child;
  }

  client(port: number, tls: TlsFiles): ExchangeClient {
    const server = { kind: 'service', name: 'exchange' } as const;
    const client = connect(ExchangeServiceService, `127.0.0.1:${port}`, { tls, trustDomain: TRUST_DOMAIN, server });
    this.closing.unshift(() => client.close());
    return client;
  }

  async stop(): Promise<void> {
    for (const end of this.closing) await end();
    await this.database.drop();
    await this.keys.drop();
    await this.log.drop();
    await (await testPostgres()).stop();
  }
}

export class RunningExchange {
  private stopping: Promise<void> | undefined;

  constructor(
    readonly application: INestMicroservice,
    readonly server: RunningServer,
  ) {}

  get port(): number {
    return this.server.port;
  }

  stop(): Promise<void> {
    this.stopping ??= this.application.close();
    return this.stopping;
  }
}
