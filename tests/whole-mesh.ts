import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Institution } from '@crossroads/client';
import type { Grant } from '@crossroads/contracts/authorization/v1/policy';
import { type Subscription, SubscribeRequest } from '@crossroads/contracts/subscription/v1/subscription_service';
import { newRequestId } from '@crossroads/grpc';
import { dayOf } from '@crossroads/identifiers';
import {
  type DataFolder,
  type DemoNetwork,
  decidedDeliberation,
  IDENTIFICATION,
  type Imported,
  type InstitutionName,
  importPopulation,
  inscribeAll,
  isFree,
  LocalMesh,
  numberOf,
  openDataFolder,
  PURPOSES,
  portsFrom,
  type Recipient,
  startDemo,
  toDeliberation,
} from '@crossroads/local';
import { openPopulation, type PersonRecord, type Population } from '@crossroads/local/people';
import { eventually } from '@crossroads/testing';

/** The repository: this file is `tests/dist/whole-mesh.js`. */
export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** A user's settings that would connect this mesh to other servers or folders. */
const NOT_OURS = [
  'KAFKA_BROKERS',
  'KAFKA_INSTITUTION_BROKERS',
  'CROSSROADS_POSTGRES_URL',
  'CROSSROADS_DATA',
  'CROSSROADS_PORT_BASE',
];

export const ownSettings = (): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !NOT_OURS.includes(name)));

export interface WholeMeshOptions {
  /** A folder with people for the sources. Absent: generated people. */
  readonly people?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Starts what the mesh uses in place of its own, with its data in the same folder. Resolves to further settings. */
  readonly before?: (folder: DataFolder) => Promise<Readonly<Record<string, string>>>;
}

/**
 * A whole mesh for one spec file, as `npm start` runs it: a process for each service, PostgreSQL, Kafka (or the embedded log where there
 * is none), and the demo's institutions and sources. It has its own data folder and ports. Start it in `beforeAll`, stop it in `afterAll`.
 */
export class WholeMesh {
  private constructor(
    readonly local: LocalMesh,
    readonly network: DemoNetwork,
    readonly population: Population,
    private readonly folder: DataFolder,
  ) {}

  static async start({ people, environment = {}, before }: WholeMeshOptions = {}): Promise<WholeMesh> {
    const path = mkdtempSync(join(tmpdir(), 'crossroads-mesh-'));
    const folder = await openDataFolder(path);
    const more = await before?.(folder);
    const ports = portsFrom({ CROSSROADS_PORT_BASE: String(await freeBase()) });
    const local = new LocalMesh({
      root: ROOT,
      folder,
      ports,
      environment: { ...ownSettings(), ...environment, ...more },
      report: progress,
    });
    try {
      await timed('PostgreSQL and Kafka', local.startInfrastructure());
      const { missing } = await timed('services', local.startServices());
      if (missing.length > 0) throw new Error(`not built: ${missing.join(', ')}`);
      const population = await openPopulation(people, dayOf(new Date()));
      const network = await timed('demo institutions', startDemo(local, people));
      const mesh = new WholeMesh(local, network, population, folder);
      if (mesh.kafkaAbsent !== undefined) progress(`on the embedded log: ${mesh.kafkaAbsent}`);
      return mesh;
    } catch (error) {
      await local.stop();
      folder.release();
      throw error;
    }
  }

  /** Why there is no Kafka; undefined when there is one. */
  get kafkaAbsent(): string | undefined {
    const { broker } = this.local.mesh();
    return broker.kind === 'embedded' ? broker.why : undefined;
  }

  as(name: InstitutionName): Institution {
    return this.network.as(name);
  }

  pidOf(name: string): number {
    const pid = this.local.process(name)?.pid;
    if (pid === undefined) throw new Error(`${name} does not run`);
    return pid;
  }

  /** Suspends a process, or the container of Kafka, while `work` runs. It keeps its connections and answers nothing. */
  async whileSuspended<Value>(name: string, work: () => Promise<Value>): Promise<Value> {
    const goOn = await this.local.suspend(name);
    try {
      return await work();
    } finally {
      await goOn();
    }
  }

  /** Imports people into the registry, as the National Register does. */
  load(people: () => AsyncIterable<PersonRecord>): Promise<Imported> {
    return importPopulation(this.as('national-register'), { ...this.population, people }, () => {});
  }

  /** Inscribes people for the recipient's purpose. Repeats it until the directory knows everybody. */
  async inscribe(recipient: Recipient, ssins: readonly string[]): Promise<void> {
    const { inscriptionContext } = PURPOSES[recipient];
    await eventually(
      () => inscribeAll(this.as(recipient), inscriptionContext, ssins),
      (report) => report.refused.length === 0,
    );
  }

  /** Submits and approves the demo's deliberations for these recipients. Resolves to their ids. */
  async decide(...recipients: readonly Recipient[]): Promise<string[]> {
    const ids: string[] = [];
    for (const recipient of recipients)
      ids.push((await decidedDeliberation(this.network, recipient)).deliberation.deliberationId);
    return ids;
  }

  /** Submits a deliberation with these grants as the recipient, and approves it as the committee. Resolves to its id. */
  async grant(recipient: InstitutionName, reference: string, grants: readonly Grant[]): Promise<string> {
    const draft = { reference, title: reference, recipient: numberOf(recipient), grants: [...grants] };
    const { deliberationId } = await this.as(recipient).authorization.submitDeliberation({
      requestId: newRequestId(),
      deliberation: toDeliberation(draft),
    });
    const decided = { requestId: newRequestId(), deliberationId, approve: true, reason: 'for a test' };
    await this.as('committee').authorization.decideDeliberation(decided);
    return deliberationId;
  }

  /** Subscribes to everybody whom the recipient has inscribed. */
  async subscribe(recipient: Recipient, dataService = IDENTIFICATION): Promise<Subscription> {
    const { inscriptionContext, legalContext } = PURPOSES[recipient];
    const { subscription } = await this.as(recipient).subscriptions.subscribe(
      SubscribeRequest.fromPartial({
        requestId: newRequestId(),
        institution: '',
        inscriptionContext,
        dataService,
        legalContext,
        persons: { $case: 'allInscribed', value: {} },
      }),
    );
    if (!subscription) throw new Error('the answer has no subscription');
    return subscription;
  }

  async stop(): Promise<void> {
    this.network.close();
    await this.local.stop();
    this.folder.release();
    rmSync(this.folder.path, { recursive: true, force: true });
  }
}

/** Below the ports that the system assigns to outgoing connections, and not where `npm start` listens. */
const freeBase = async (): Promise<number> => {
  for (let attempt = 1; attempt <= 50; attempt++) {
    const base = 12_000 + 100 * Math.floor(Math.random() * 190);
    const free = await Promise.all(
      [0, 1, 2, 3, 4, 5, 6, 7, 8, 11, 12, 13, 20, 21, 30, 32, 92, 93].map((offset) => isFree(base + offset)),
    );
    if (free.every(Boolean)) return base;
  }
  throw new Error('no hundred ports are free');
};

/** Prints a line at once; Jest holds back what goes to `console` until the file is done. */
export const progress = (line: string): void => void process.stderr.write(`        ${line}\n`);

const timed = async <Value>(what: string, work: Promise<Value>): Promise<Value> => {
  const from = performance.now();
  const value = await work;
  progress(`${what} (${((performance.now() - from) / 1_000).toFixed(1)} s)`);
  return value;
};
