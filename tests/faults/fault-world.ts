import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import type { DeliveredMutation } from '@crossroads/contracts/delivery/v1/delivery';
import {
  type Databases,
  freePort,
  IDENTIFICATION,
  type InstitutionName,
  numberOf,
  type Postgres,
  PURPOSES,
  type Recipient,
  type ServiceName,
  startPostgres,
  WAGES,
} from '@crossroads/local';
import { eventually } from '@crossroads/testing';
import { Link } from '@crossroads/testing/mesh';
import { addressVariableOf } from '@crossroads/topology';
import { citizenSees } from '../citizen.js';
import { type AcceptedChange, type Load, startLoad } from '../load.js';
import { environmentLikeMesh, Replica } from '../operations/replica.js';
import { generatedPeople, generatedSsins } from '../people.js';
import { readTopic, type TopicReader } from '../topic-reader.js';
import { progress, ROOT, WholeMesh, type WholeMeshOptions } from '../whole-mesh.js';
import {
  type AcceptedMutation,
  type ArrivedDelivery,
  type Entitlement,
  type Fault,
  faultsOf,
  type Run,
} from './model.js';
import { SmallDisk } from './small-disk.js';

/** Services that run as two processes: the mesh's own, which is restarted, and a second one. */
export const DOUBLED = ['person-registry', 'exchange', 'subscription', 'access-audit'] as const satisfies ServiceName[];
export type Doubled = (typeof DOUBLED)[number];

const preloaded = (file: string): NodeJS.ProcessEnv => ({
  NODE_OPTIONS: `--import ${pathToFileURL(join(ROOT, 'tests', 'dist', 'faults', file)).href}`,
});
/** How many changes must be accepted and delivered after a fault. */
const GOES_ON = 8;

export interface FaultWorldOptions {
  readonly people: number;
  readonly doubled: readonly Doubled[];
  /** Whether wages are reported, and consulted, too. */
  readonly wages: boolean;
  readonly pauseMs?: number;
  /** As of `WholeMesh.start`. */
  readonly before?: WholeMeshOptions['before'];
}

/**
 * A mesh of which some services run as two processes and the registry on a database server of its own, under a load of which it knows
 * what was accepted, with the topics of its subscribers.
 */
export class FaultWorld {
  /** The second process of each service; of the registry, both. */
  readonly second = new Map<Doubled, Replica>();
  readonly entitled: Entitlement[] = [];
  private readonly readers: {
    readonly name: InstitutionName;
    readonly institution: string;
    readonly reader: TopicReader;
  }[] = [];
  private readonly accepted: (AcceptedChange & { readonly isOptional?: boolean })[] = [];
  private newer: Replica | undefined;
  private load: Load | undefined;
  private loads = 0;
  private readonly refused = new Set<string>();

  private constructor(
    readonly mesh: WholeMesh,
    readonly ssins: readonly string[],
    /** The server of the registry's databases. */
    readonly server: Postgres & { readonly disk: SmallDisk },
    readonly registryDatabases: Databases,
    /** The registry that everybody calls. */
    readonly registry: Replica,
    /** Through which the second subscription process reaches its database and the services that it asks. */
    readonly links: { readonly database: Link; readonly directory: Link; readonly registry: Link },
    private readonly onOwnServer: NodeJS.ProcessEnv,
    private readonly options: FaultWorldOptions,
  ) {}

  static async start(options: FaultWorldOptions): Promise<FaultWorld> {
    const mesh = await WholeMesh.start(options.before ? { before: options.before } : {});
    const disk = SmallDisk.make('crossroads-registry-');
    const postgres = await startPostgres({ dataFolder: disk.folder, port: await freePort(), outside: '' });
    const server = { ...postgres, disk };
    const databases = await server.ensureService('person-registry', { keys: true });
    const onOwnServer = {
      DATABASE_URL: databases.main.app,
      DATABASE_MIGRATOR_URL: databases.main.migrator,
      KEYS_DATABASE_URL: databases.keys?.app,
      KEYS_DATABASE_MIGRATOR_URL: databases.keys?.migrator,
    };
    const { services, forInstitutions } = mesh.local.ports;
    await mesh.local.process('person-registry')?.stop();
    const environment = environmentLikeMesh(mesh, 'person-registry', onOwnServer);
    const registry = await Replica.at(mesh, 'person-registry', environment, {
      port: services['person-registry'],
      institutionsPort: forInstitutions['person-registry'],
    });
    await registry.start();
    const [main] = [new URL((await mesh.local.environmentOf('subscription'))['DATABASE_URL'] ?? '')];
    const links = {
      database: await Link.to(main.hostname, Number(main.port)),
      directory: await Link.to('127.0.0.1', services['reference-directory']),
      registry: await Link.to('127.0.0.1', services['person-registry']),
    };
    const ssins = generatedSsins(options.people);
    const world = new FaultWorld(mesh, ssins, server, databases, registry, links, onOwnServer, options);
    await world.startSecond();
    await world.subscribe();
    return world;
  }

  private async startSecond(): Promise<void> {
    const { mesh, links, onOwnServer } = this;
    const main = (await mesh.local.environmentOf('subscription'))['DATABASE_URL'] ?? '';
    const changes: Partial<Record<Doubled, NodeJS.ProcessEnv>> = {
      'person-registry': onOwnServer,
      subscription: {
        DATABASE_URL: links.database.through(main),
        [addressVariableOf('reference-directory')]: `localhost:${links.directory.port}`,
        [addressVariableOf('person-registry')]: `localhost:${links.registry.port}`,
      },
      'access-audit': preloaded('clock-set-back.js'),
    };
    await Promise.all(
      this.options.doubled.map(async (service) => {
        const replica = await Replica.at(mesh, service, environmentLikeMesh(mesh, service, changes[service]));
        await replica.start();
        this.second.set(service, replica);
      }),
    );
    progress(`two processes each: ${this.options.doubled.join(', ')}`);
  }

  /** One more process of the registry, of a version that knows the type `FromTheFuture`. */
  async startNewerRegistry(): Promise<void> {
    const changes = { ...this.onOwnServer, ...preloaded('newer-version.js') };
    const environment = environmentLikeMesh(this.mesh, 'person-registry', changes);
    const newer = await Replica.at(this.mesh, 'person-registry', environment);
    this.newer = newer;
    await newer.start();
  }

  /** The fund has inscribed all but the last four people, the pension office the first half: some are known to both, one or nobody. */
  private async subscribe(): Promise<void> {
    const { mesh, ssins } = this;
    await mesh.load(() => generatedPeople(ssins.length));
    // Whether a registration is delivered depends on whether it was read before the subscription.
    for (const ssin of ssins)
      this.accepted.push({ ssin, dataService: IDENTIFICATION, sourceRevision: 1n, mark: '', isOptional: true });
    await mesh.decide('health-fund', 'pension-office', 'welfare-office');
    await mesh.inscribe('welfare-office', ssins);
    await this.entitle('health-fund', IDENTIFICATION, ssins.slice(0, -4));
    await this.entitle('pension-office', IDENTIFICATION, ssins.slice(0, ssins.length / 2));
    if (!this.options.wages) return;
    await mesh.grant('health-fund', 'wages by subscription', [
      {
        dataService: WAGES,
        fieldGroups: ['employer', 'amounts'],
        legalContexts: [PURPOSES['health-fund'].legalContext],
        inscriptionContexts: [PURPOSES['health-fund'].inscriptionContext],
        validity: { startDate: { year: 2020, month: 1, day: 1 }, endDate: undefined },
        online: false,
        subscription: true,
        withoutOfficial: false,
      },
    ]);
    await this.entitle('health-fund', WAGES, ssins.slice(0, -4));
  }

  private async entitle(recipient: Recipient, dataService: string, persons: readonly string[]): Promise<void> {
    await this.mesh.inscribe(recipient, persons);
    const { subscriptionId } = await this.mesh.subscribe(recipient, dataService);
    const institution = numberOf(recipient);
    this.entitled.push({ subscriptionId, institution, dataService, persons: new Set(persons) });
    if (!this.readers.some((one) => one.institution === institution)) await this.read(recipient);
  }

  private async read(name: InstitutionName): Promise<void> {
    this.readers.push({ name, institution: numberOf(name), reader: await readTopic(this.mesh, name) });
  }

  /** Ends all readers of topics: what they have stays. While the load pauses. */
  async endReaders(): Promise<InstitutionName[]> {
    await Promise.all(this.readers.map(({ reader }) => reader.close().catch(() => undefined)));
    return [...new Set(this.readers.map(({ name }) => name))];
  }

  /** Reads topics again from their beginning. */
  async readAgain(names: readonly InstitutionName[]): Promise<void> {
    for (const name of names) await this.read(name);
  }

  begin(): void {
    const { wages, pauseMs = 400 } = this.options;
    const wagesBefore = this.accepted.filter(({ dataService }) => dataService === WAGES).length;
    const prefix = `${++this.loads}-`;
    const movers = Math.min(20, this.ssins.length);
    this.load = startLoad(this.mesh, this.ssins, { consulters: 2, movers, wages, pauseMs, prefix, wagesBefore });
  }

  /** Stops the load; what is under way is repeated until it is accepted. */
  async pause(): Promise<void> {
    const result = await this.load?.stop();
    this.load = undefined;
    this.accepted.push(...(result?.accepted ?? []));
    for (const reason of result?.failed.keys() ?? []) this.refused.add(reason);
  }

  /** All that was accepted, and is by now. */
  allAccepted(): (AcceptedChange & { readonly isOptional?: boolean })[] {
    return [...this.accepted, ...(this.load?.result.accepted ?? [])];
  }

  /** What was accepted since `from` changes had been may have been lost at its source. While the load pauses. */
  mayHaveLost(from: number, dataService: string): void {
    for (const [n, one] of this.accepted.entries())
      if (n >= from && one.dataService === dataService) this.accepted[n] = { ...one, isOptional: true };
  }

  private arrived(): ArrivedDelivery[] {
    return this.readers.flatMap(({ institution, reader }) =>
      reader.deliveries.flatMap(({ delivery, partition, hash }): ArrivedDelivery[] => {
        const { content, subscriptionId, sequence } = delivery;
        if (content?.$case !== 'mutation') return [];
        const { ssin: person, dataService, sourceRevision, ticket } = content.value;
        const mark = markOf(content.value);
        return [
          { institution, partition, subscriptionId, sequence, person, dataService, sourceRevision, mark, ticket, hash },
        ];
      }),
    );
  }

  private messages(): number {
    return this.readers.reduce((sum, { reader }) => sum + reader.deliveries.length, 0);
  }

  /** Waits until changes are accepted and delivered again. Resolves to the seconds that it took; undefined if they are not. */
  async goesOn(timeoutMs = 180_000): Promise<number | undefined> {
    const from = performance.now();
    const [accepted, arrived] = [this.allAccepted().length, this.messages()];
    const again = eventually(
      () => this.allAccepted().length >= accepted + GOES_ON && this.messages() >= arrived + GOES_ON,
      Boolean,
      timeoutMs,
    );
    return again.then(
      () => (performance.now() - from) / 1_000,
      () => undefined,
    );
  }

  private run(recorded: readonly string[]): Run {
    const accepted = this.allAccepted().map(({ ssin, ...one }): AcceptedMutation => ({ ...one, person: ssin }));
    return { accepted, entitled: this.entitled, arrived: this.arrived(), recorded };
  }

  /** Waits until nothing is under way any more. The load must have been stopped. */
  async delivered(timeoutMs = 120_000): Promise<boolean> {
    const isUnderWay = ({ kind }: Fault) => kind === 'lost' || kind === 'gap';
    // To compare everything takes long: not a hundred times a second.
    return eventually(
      () => delay(200, undefined).then(() => faultsOf(this.run([])).some(isUnderWay)),
      (underWay) => !underWay,
      timeoutMs,
    ).then(
      () => true,
      () => false,
    );
  }

  /** What differs between what went in and what came out. The load must have been stopped. */
  async faults(): Promise<Fault[]> {
    await this.delivered();
    let faults: Fault[] = [];
    const recordedAll = async (): Promise<boolean> => {
      const lists = await Promise.all(this.ssins.map((ssin) => citizenSees(this.mesh, ssin)));
      faults = faultsOf(this.run(lists.flat().map(({ ticket }) => ticket)));
      return !faults.some(({ kind }) => kind === 'not recorded');
    };
    await eventually(recordedAll, Boolean, 60_000).catch(() => undefined);
    return faults;
  }

  /** The reasons for which consultations were refused. */
  refusals(): string[] {
    return [...this.refused];
  }

  /** What any process has logged as an error: an outage is none. */
  errors(): string[] {
    const { logs } = this.mesh.local.folder;
    return readdirSync(logs).flatMap((file) =>
      readFileSync(join(logs, file), 'utf8')
        .split('\n')
        .filter((line) => line.startsWith('{"level":"error"')),
    );
  }

  async stop(): Promise<void> {
    await this.load?.stop().catch(() => undefined);
    for (const { reader } of this.readers) await reader.close().catch(() => undefined);
    for (const replica of this.second.values()) replica.kill();
    this.newer?.kill();
    this.registry.kill();
    for (const link of Object.values(this.links)) link.close();
    await this.mesh.stop();
    await this.server.stop();
    this.server.disk.remove();
  }
}

/** The house number of the move that made this change; registrations and wages have none. */
const markOf = ({ dataService, data }: DeliveredMutation): string => {
  if (dataService === WAGES) return '';
  const numbers = [...JSON.stringify(data ?? {}).matchAll(/"house_?number":"(\d+-\d+-\d+)"/gi)];
  return numbers.at(-1)?.[1] ?? '';
};
