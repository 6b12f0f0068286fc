import { randomInt, randomUUID } from 'node:crypto';
import { DeliberationState, type Grant, Role } from '@crossroads/contracts/authorization/v1/policy';
import { Mutation } from '@crossroads/contracts/mutation/v1/mutation';
import {
  DeliveryContent,
  DeliveryEncoding,
  type SubscribeRequest,
  type Subscription,
  SubscriptionServiceService,
} from '@crossroads/contracts/subscription/v1/subscription_service';
import { type Connection, newRequestId, type TlsFiles } from '@crossroads/grpc';
import { ssinCheck, withCbeCheck } from '@crossroads/identifiers';
import type { Broker } from '@crossroads/messaging';
import { eventually } from '@crossroads/testing';
import { DirectoryStandIn, Link, type TestPublisher, type TestMesh, type ToPublish } from '@crossroads/testing/mesh';
import { PARTITIONS } from '@crossroads/topology';
import pg from 'pg';
import { SourceStandIn } from './source-stand-in.js';
import { Subscriber } from './subscriber.js';

/** New numbers at each run: a Kafka that is shared still has the topics of those before. */
const RUN = randomInt(1_000, 10_000);
const member = (number: string) => withCbeCheck(`02${RUN}${number}`);

export const FUND = member('08');
export const OFFICE = member('07');
export const STRANGER = member('11');
export const ADMINISTRATOR = member('12');
export const EMPLOYMENT = member('10');
export const INTEGRATOR = member('13');
export const PERSON = 'person.identification.v1';
export const WAGES = 'employment.wages.v1';
export const CONTEXT = 'CIN:AFFILIATED';
export const PURPOSE = 'CIN:INSURABILITY';
/** Stands in every body and nowhere else: what a search for leaks looks for. */
export const SURNAME = 'Vandenbroeckhoven';

export type SubscriptionClient = Connection<typeof SubscriptionServiceService>;

export interface Person {
  readonly ssin: string;
  readonly personId: string;
}

/** Institutions, data services, grants and people, and what sources publish about them. */
export class World {
  readonly directory = new DirectoryStandIn();
  readonly source = new SourceStandIn();
  private readonly tls = new Map<string, TlsFiles>();
  private readonly deliberations = new Map<string, Parameters<World['grant']>>();
  private readonly revisions = new Map<string, bigint>();
  /** Persons of whom the source had something before it published. */
  private readonly earlier = new Set<string>();
  private people = 0;

  private constructor(
    private readonly mesh: TestMesh,
    readonly registry: TestPublisher,
    readonly exchange: TestPublisher,
  ) {}

  static async create(mesh: TestMesh): Promise<World> {
    const registry = await mesh.publisher('person-registry', 'crossroads.person.v1');
    const world = new World(mesh, registry, await mesh.publisher('exchange', 'crossroads.mutation.v1'));
    await mesh.standIn('reference-directory', world.directory.serve('subscription'));
    // The directory has followed all that the registry publishes, unless a spec says otherwise.
    world.directory.followed = (await logIdsOf(registry)).map((logId) => ({
      logId,
      positions: Array.from({ length: PARTITIONS }, () => 2n ** 62n),
    }));
    for (const enterpriseNumber of [FUND, OFFICE, STRANGER, EMPLOYMENT])
      world.tls.set(enterpriseNumber, await mesh.register(enterpriseNumber));
    world.tls.set(ADMINISTRATOR, await mesh.register(ADMINISTRATOR, { roles: [Role.ROLE_ADMINISTRATOR] }));
    world.tls.set(INTEGRATOR, await mesh.register(INTEGRATOR, { represents: [FUND] }));
    await world.addSource(PERSON, await mesh.serviceCertificate('person-registry'), ['name', 'address', 'death']);
    await world.addSource(WAGES, world.certificate(EMPLOYMENT), ['name', 'amount']);
    world.grant('fund', FUND, ['name', 'address']);
    world.grant('office', OFFICE, ['address']);
    return world;
  }

  private async addSource(dataService: string, tls: TlsFiles, groups: readonly string[]): Promise<void> {
    const served = this.source.serve(partyOf(dataService), [dataService], this.mesh.receipts);
    const { port } = await this.mesh.serve('source', tls, served);
    this.mesh.policy.put({ $case: 'dataService', value: service(dataService, groups, `127.0.0.1:${port}`) });
  }

  certificate(enterpriseNumber: string): TlsFiles {
    const tls = this.tls.get(enterpriseNumber);
    if (!tls) throw new Error('no such institution in this world');
    return tls;
  }

  /** The application `desk` of an institution, or whoever else has this certificate. */
  client({ port }: { readonly port: number }, who: string | TlsFiles): SubscriptionClient {
    const tls = typeof who === 'string' ? this.certificate(who) : who;
    return this.mesh.connect(SubscriptionServiceService, port, tls);
  }

  /** A link between the service and its databases, and the settings by which it goes through there. */
  async databaseLink(): Promise<{ readonly link: Link; readonly env: Readonly<Record<string, string>> }> {
    const server = new URL(this.mesh.database.url);
    const link = await Link.to(server.hostname, Number(server.port));
    this.mesh.defer(() => link.close());
    const urls = Object.entries(this.mesh.environment()).filter(([name]) => name.includes('DATABASE_'));
    return { link, env: Object.fromEntries(urls.map(([name, url]) => [name, link.through(url)])) };
  }

  /** On the database of the service, as a superuser. */
  async asAdmin<Result>(work: (client: pg.Client) => Promise<Result>): Promise<Result> {
    const client = new pg.Client({ connectionString: this.mesh.database.adminUrl });
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  }

  /** The bus as an institution's application reaches it. */
  async bus(institution: string): Promise<Broker> {
    const broker = await this.mesh.bus.open(this.certificate(institution), `${institution}.spec`);
    this.mesh.defer(() => broker.close());
    return broker;
  }

  /** Reads a subscriber's topic, which its first subscription has created. */
  async reads(institution: string, topic: string): Promise<Subscriber> {
    const broker = await this.bus(institution);
    return Subscriber.of(broker, topic, `${institution}.spec`, this.mesh.receipts);
  }

  /** Puts a deliberation in force, or changes it. */
  grant(
    id: string,
    recipient: string,
    fieldGroups: readonly string[],
    more: { readonly state?: DeliberationState; readonly grant?: Partial<Grant> } = {},
  ): void {
    const known = this.deliberations.get(id);
    const deliberationId = known ? ids.of(id) : ids.make(id);
    this.deliberations.set(id, [id, recipient, fieldGroups, more]);
    const grant = (dataService: string): Grant => ({
      dataService,
      fieldGroups,
      legalContexts: [PURPOSE],
      inscriptionContexts: [CONTEXT],
      validity: undefined,
      online: false,
      subscription: true,
      withoutOfficial: false,
      ...more.grant,
    });
    this.mesh.policy.put({
      $case: 'deliberation',
      value: {
        deliberationId,
        reference: `26/${id}`,
        title: 'For specs',
        recipient,
        grants: [grant(PERSON), grant(WAGES)],
        state: more.state ?? DeliberationState.DELIBERATION_STATE_APPROVED,
        decideTime: new Date(),
        revokeTime: undefined,
      },
    });
  }

  revoke(id: string): void {
    const [, recipient, fieldGroups] = this.deliberations.get(id) ?? [];
    if (recipient === undefined || !fieldGroups) throw new Error('no such deliberation');
    this.grant(id, recipient, fieldGroups, { state: DeliberationState.DELIBERATION_STATE_REVOKED });
  }

  /** Somebody whom these institutions have inscribed. */
  person(...inscribed: readonly string[]): Person {
    const counter = ++this.people;
    const nine = `80${61 + Math.floor(counter / 900)}01${String(counter % 900).padStart(3, '0')}`;
    const person = { ssin: `${nine}${ssinCheck(nine, 1900)}`, personId: randomUUID() };
    this.directory.put(
      person,
      inscribed.map((institution) => [institution, CONTEXT]),
    );
    return person;
  }

  /** Its source has a first revision of the person, which was published long ago. */
  registered(person: Person): Person {
    this.earlier.add(person.personId);
    this.source.change(person.ssin, PERSON, 1n, dataAt(1n));
    return person;
  }

  /** The next mutation of a person, as a source publishes it. */
  mutation({ ssin, personId }: Person, more: Partial<Mutation> = {}): ToPublish & { readonly mutation: Mutation } {
    const dataService = more.dataService ?? PERSON;
    const streamId = `${personId}/${dataService}`;
    const revision = (this.revisions.get(streamId) ?? 0n) + 1n;
    this.revisions.set(streamId, revision);
    const sourceRevision = this.earlier.has(personId) && dataService === PERSON ? revision + 1n : revision;
    const mutation = Mutation.fromPartial({
      personId,
      ssin,
      dataService,
      sourceRevision,
      changedFieldGroups: ['name', 'address'],
      data: dataAt(sourceRevision),
      recordedTime: new Date(),
      reporter: 'service:person-registry',
      ...more,
    });
    this.source.change(ssin, dataService, mutation.sourceRevision, mutation.data ?? {});
    const type = dataService === PERSON ? 'persons.notify.changed' : 'mutations.notify.reported';
    return { type, streamId, revision, key: personId, data: Mutation.encode(mutation).finish(), mutation };
  }

  /** Publishes, from the source that the data service belongs to. */
  async publish(...mutations: readonly (ToPublish & { readonly mutation: Mutation })[]): Promise<void> {
    for (const one of mutations)
      await (one.mutation.dataService === PERSON ? this.registry : this.exchange).append(one);
  }
}

const dataAt = (revision: bigint) => ({
  name: { surname: SURNAME },
  address: { city: 'Gent', revision: String(revision) },
});

const logIdsOf = async ({ db }: TestPublisher): Promise<string[]> => {
  const [logs] = await db.query<{ readonly there: boolean }>("select to_regclass('es.logs') is not null as there");
  if (logs?.there !== true) return [];
  return (await db.query<{ readonly logId: string }>('select log_id as "logId" from es.logs')).map(
    ({ logId }) => logId,
  );
};

const ids = {
  made: new Map<string, string>(),
  make(id: string): string {
    const made = randomUUID();
    this.made.set(id, made);
    return made;
  },
  of(id: string): string {
    return this.made.get(id) ?? this.make(id);
  },
};

/** Who supplies a data service. */
export const partyOf = (dataService: string): string =>
  dataService === PERSON ? 'service:person-registry' : EMPLOYMENT;

const service = (dataService: string, groups: readonly string[], address: string) => ({
  dataService,
  title: dataService,
  jsonSchema: { type: 'object' },
  fieldGroups: groups.map((name) => ({ name, paths: [name] })),
  supplier: {
    source: partyOf(dataService),
    address,
    deadlineMs: 1_000,
  },
  reporters: [],
});

export const toAll = (more: Partial<SubscribeRequest> = {}): SubscribeRequest => ({
  requestId: newRequestId(),
  institution: '',
  inscriptionContext: CONTEXT,
  dataService: PERSON,
  legalContext: PURPOSE,
  lanes: 0,
  content: DeliveryContent.DELIVERY_CONTENT_UNSPECIFIED,
  encoding: DeliveryEncoding.DELIVERY_ENCODING_UNSPECIFIED,
  fieldGroups: [],
  snapshot: false,
  persons: { $case: 'allInscribed', value: {} },
  ...more,
});

export const subscribed = async (
  client: SubscriptionClient,
  more: Partial<SubscribeRequest> = {},
): Promise<Subscription> => {
  const { subscription } = await client.subscribe(toAll(more));
  if (!subscription) throw new Error('no subscription was answered');
  return subscription;
};

/** A subscription of the caller's own, once the list shows it as `good` wants it. */
export const whenListed = async (
  client: SubscriptionClient,
  subscriptionId: string,
  good: (subscription: Subscription) => boolean,
): Promise<Subscription> => {
  const found = await eventually(
    async () =>
      (await client.listSubscriptions({ institution: '', pageSize: 200, pageToken: '' })).subscriptions.find(
        (one) => one.subscriptionId === subscriptionId,
      ),
    (one) => one !== undefined && good(one),
  );
  if (!found) throw new Error('not listed');
  return found;
};
