import { randomUUID } from 'node:crypto';
import {
  type DataService,
  type Deliberation,
  DeliberationState,
  type Grant,
  type Institution,
} from '@crossroads/contracts/authorization/v1/policy';
import { type ConsultRequest, ExchangeServiceService } from '@crossroads/contracts/exchange/v1/exchange_service';
import { SupplyStatus } from '@crossroads/contracts/source/v1/source_service';
import { type Connection, newRequestId, type TlsFiles } from '@crossroads/grpc';
import { dayOf, ssinCheck, withCbeCheck } from '@crossroads/identifiers';
import {
  ALL_RIGHTS,
  DirectoryStandIn,
  type InProcessService,
  OFFICIAL_KEYS,
  REQUEST_KEY,
  signedRequest,
  spkiHash,
  type StartOptions,
  type TestMesh,
} from '@crossroads/testing/mesh';
import { AppModule } from '../src/app.module.js';
import { service } from '../src/service.js';
import { SourceStandIn } from './source-stand-in.js';

export type ExchangeClient = Connection<typeof ExchangeServiceService>;

export const WELFARE = withCbeCheck('02070000');
export const FUND = withCbeCheck('02080000');
export const INTEGRATOR = withCbeCheck('02090000');
export const EMPLOYMENT = withCbeCheck('02100000');
export const CONTEXT = 'PCSA:SOCIAL_INQUIRY';
export const WAGES = 'employment.wages.v1';
export const STATUS = 'social.status.v1';

/** A synthetic person's number: month 61, 1 January 1980, by its counter. */
export const ssin = (counter: number): string => {
  const nine = `80${6101 + Math.floor(counter / 900)}${String((counter % 900) + 1).padStart(3, '0')}`;
  return nine + ssinCheck(nine, 1900);
};

/** Two authentic sources, a welfare office with its grants, an integrator for it, and a fund without grants. */
export class World {
  readonly directory = new DirectoryStandIn();
  readonly wages = new SourceStandIn(async (request) => ({
    status: SupplyStatus.SUPPLY_STATUS_DATA_FOUND,
    ssin: request.ssin,
    data: { wages: [{ employer: { number: EMPLOYMENT, name: 'Jansens NV' }, amount: '2500.00', quarter: '2026-1' }] },
    sourceRevision: 7n,
  }));
  readonly status = new SourceStandIn(async (request) => ({
    status: SupplyStatus.SUPPLY_STATUS_NO_DATA_FOUND,
    ssin: request.ssin,
    data: undefined,
    sourceRevision: 0n,
  }));
  /** The clock of the exchange, where a spec turns it. */
  now: () => Date = () => new Date();
  private readonly tls = new Map<string, TlsFiles>();
  private people = 0;
  /** The key with which both sources serve. */
  sourceKey = '';

  private constructor(private readonly mesh: TestMesh) {}

  static async create(mesh: TestMesh, { deadlineMs = 1_000 } = {}): Promise<World> {
    const world = new World(mesh);
    await world.build(deadlineMs);
    return world;
  }

  /** An exchange in this process. */
  exchange(options: StartOptions = {}): Promise<InProcessService> {
    return this.mesh.startInProcess(service, AppModule, options);
  }

  /** The application `desk` of an institution, or whoever else has this certificate. It signs the questions that come without a token. */
  client(port: number, who: string | TlsFiles): ExchangeClient {
    const tls = typeof who === 'string' ? this.certificate(who) : who;
    const connection = this.mesh.connect(ExchangeServiceService, port, tls);
    return {
      ...connection,
      consult: (request, options) =>
        connection.consult(request.requestToken === '' ? this.signed(request, tls) : request, options),
    };
  }

  /** A question that its customer signs now, by the clock of the exchange. */
  signed(request: ConsultRequest, who: string | TlsFiles): ConsultRequest {
    const tls = typeof who === 'string' ? this.certificate(who) : who;
    const now = this.now();
    const day = request.asOfDate === undefined ? { day: dayOf(now) } : {};
    return signedRequest(request, tls, day, REQUEST_KEY, now);
  }

  /** The same, without a signature. */
  unsigned(port: number, enterpriseNumber: string): ExchangeClient {
    return this.mesh.connect(ExchangeServiceService, port, this.certificate(enterpriseNumber));
  }

  /** The client certificate of an institution's application `desk`. */
  certificate(enterpriseNumber: string): TlsFiles {
    const tls = this.tls.get(enterpriseNumber);
    if (!tls) throw new Error('no such institution in this world');
    return tls;
  }

  /** Somebody on whom these institutions have a file. */
  person(...inscribed: readonly string[]): { readonly ssin: string; readonly personId: string } {
    const person = { ssin: ssin(++this.people), personId: randomUUID() };
    this.directory.put(
      person,
      inscribed.map((institution) => [institution, 'PCSA:LIVING_WAGE']),
    );
    return person;
  }

  /** Registers these keys, and no others, for the application with which both sources serve. */
  registerSource(...spkiHashes: readonly string[]): void {
    this.registerSourceWith(ALL_RIGHTS.rights, ...spkiHashes);
  }

  /** The same, with these rights. */
  registerSourceWith(rights: readonly string[], ...spkiHashes: readonly string[]): void {
    const value = { ...ALL_RIGHTS, enterpriseNumber: EMPLOYMENT, name: 'source', spkiHashes, rights };
    this.mesh.policy.put({ $case: 'application', value });
  }

  /** The same key and rights, until then. */
  registerSourceUntil(notAfter: Date): void {
    const value = {
      ...ALL_RIGHTS,
      enterpriseNumber: EMPLOYMENT,
      name: 'source',
      spkiHashes: [this.sourceKey],
      notAfter,
    };
    this.mesh.policy.put({ $case: 'application', value });
  }

  private async build(deadlineMs: number): Promise<void> {
    const { mesh } = this;
    await mesh.standIn('reference-directory', this.directory.serve('exchange'));
    const sourceTls = await mesh.applicationCertificate(EMPLOYMENT, { application: 'source' });
    this.sourceKey = spkiHash(sourceTls);
    const addressOf = async (source: SourceStandIn) =>
      `127.0.0.1:${(await mesh.serve('spec', sourceTls, source.serve())).port}`;
    for (const enterpriseNumber of [WELFARE, FUND, INTEGRATOR, EMPLOYMENT])
      this.tls.set(enterpriseNumber, await mesh.register(enterpriseNumber));
    this.registerSource(this.sourceKey);
    mesh.policy.put(
      {
        $case: 'institution',
        value: institution(INTEGRATOR, { represents: [WELFARE], acceptedBy: [WELFARE], officialKeys: OFFICIAL_KEYS }),
      },
      { $case: 'dataService', value: wagesService(await addressOf(this.wages), deadlineMs) },
      { $case: 'dataService', value: statusService(await addressOf(this.status), deadlineMs) },
      {
        $case: 'deliberation',
        value: deliberation(WELFARE, [
          { dataService: WAGES, fieldGroups: ['employer', 'quarter'] },
          { dataService: STATUS, fieldGroups: ['status'] },
        ]),
      },
    );
  }
}

export const institution = (enterpriseNumber: string, more: Partial<Institution> = {}): Institution => ({
  enterpriseNumber,
  name: `Institution ${enterpriseNumber}`,
  roles: [],
  represents: [],
  acceptedBy: [],
  officialKeys: [],
  ...more,
});

const TEXT = { type: 'string', maxLength: 200 };

export const wagesService = (address: string, deadlineMs = 1_000): DataService => ({
  dataService: WAGES,
  title: 'Wages',
  jsonSchema: {
    type: 'object',
    required: ['wages'],
    additionalProperties: false,
    properties: {
      wages: {
        type: 'array',
        maxItems: 1_000,
        items: {
          type: 'object',
          required: ['employer', 'amount', 'quarter'],
          properties: {
            employer: {
              type: 'object',
              required: ['number'],
              properties: { number: TEXT, name: TEXT },
            },
            amount: { type: 'string', maxLength: 20, pattern: '^[0-9]+\\.[0-9]{2}$' },
            quarter: TEXT,
          },
        },
      },
    },
  },
  fieldGroups: [
    { name: 'employer', paths: ['wages.employer'] },
    { name: 'amount', paths: ['wages.amount'] },
    { name: 'quarter', paths: ['wages.quarter'] },
  ],
  supplier: { source: EMPLOYMENT, address, deadlineMs },
  reporters: [{ enterpriseNumber: EMPLOYMENT, fieldGroups: ['employer', 'amount'] }],
});

export const statusService = (address: string, deadlineMs = 1_000): DataService => ({
  dataService: STATUS,
  title: 'Social status',
  jsonSchema: { type: 'object', properties: { status: TEXT } },
  fieldGroups: [{ name: 'status', paths: ['status'] }],
  supplier: { source: EMPLOYMENT, address, deadlineMs },
  reporters: [],
});

export const deliberation = (
  recipient: string,
  grants: readonly Pick<Grant, 'dataService' | 'fieldGroups'>[],
  deliberationId: string = randomUUID(),
  state = DeliberationState.DELIBERATION_STATE_APPROVED,
): Deliberation => ({
  deliberationId,
  reference: '26/001',
  title: 'For specs',
  recipient,
  grants: grants.map((grant) => ({
    ...grant,
    legalContexts: [CONTEXT],
    inscriptionContexts: ['PCSA:LIVING_WAGE'],
    validity: undefined,
    online: true,
    subscription: false,
    withoutOfficial: false,
  })),
  state,
  decideTime: new Date(),
  revokeTime: undefined,
});

export const consult = (person: string, more: Partial<ConsultRequest> = {}): ConsultRequest => ({
  requestId: newRequestId(),
  customer: '',
  ssin: person,
  legalContext: CONTEXT,
  dataServices: [{ dataService: WAGES, fieldGroups: [] }],
  asOfDate: undefined,
  requestToken: '',
  ...more,
});
