import { randomUUID, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import {
  type DataService,
  type Deliberation,
  DeliberationState,
  type Grant,
  type Institution,
} from '@crossroads/contracts/authorization/v1/policy';
import type { ConsultRequest } from '@crossroads/contracts/exchange/v1/exchange_service';
import { SupplyStatus } from '@crossroads/contracts/source/v1/source_service';
import { newRequestId, spkiOf, type TlsFiles } from '@crossroads/grpc';
import { ssinCheck, withCbeCheck } from '@crossroads/identifiers';
import type { TestMesh } from './mesh.js';
import { SourceStandIn } from './stand-ins.js';

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
  readonly tls = new Map<string, TlsFiles>();
  private people = 0;

  private constructor(private readonly mesh: TestMesh) {}

  static async create(mesh: TestMesh, { deadlineMs = 1_000 } = {}): Promise<World> {
    const world = new World(mesh);
    await world.build(deadlineMs);
    return world;
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
    const inscriptions = inscribed.map((institution) => ({
      institution,
      inscriptionContext: 'PCSA:LIVING_WAGE',
      period: undefined,
      ssin: '',
    }));
    this.mesh.directory.numbers.set(person.ssin, {
      state: 1,
      personId: person.personId,
      inscriptions,
      mergedPersonIds: [],
    });
    return person;
  }

  private async build(deadlineMs: number): Promise<void> {
    const { mesh } = this;
    mesh.defer(() => this.wages.stop());
    mesh.defer(() => this.status.stop());
    const sourceTls = await mesh.institution(EMPLOYMENT, 'source');
    const addresses = [await this.wages.start(sourceTls), await this.status.start(sourceTls)] as const;
    for (const enterpriseNumber of [WELFARE, FUND, INTEGRATOR, EMPLOYMENT]) {
      const tls = await mesh.institution(enterpriseNumber);
      this.tls.set(enterpriseNumber, tls);
      mesh.policy.put({ $case: 'institution', value: institution(enterpriseNumber) });
      mesh.policy.put({
        $case: 'application',
        value: { enterpriseNumber, name: 'desk', spkiHashes: [spkiHash(tls)] },
      });
    }
    mesh.policy.put(
      { $case: 'institution', value: institution(INTEGRATOR, { represents: [WELFARE] }) },
      { $case: 'dataService', value: wagesService(addresses[0], deadlineMs) },
      { $case: 'dataService', value: statusService(addresses[1], deadlineMs) },
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

export const spkiHash = ({ cert }: TlsFiles): string => spkiOf(new X509Certificate(readFileSync(cert)));

export const institution = (enterpriseNumber: string, more: Partial<Institution> = {}): Institution => ({
  enterpriseNumber,
  name: `Institution ${enterpriseNumber}`,
  roles: [],
  represents: [],
  officialKeys: [],
  ...more,
});

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
        items: {
          type: 'object',
          required: ['employer', 'amount', 'quarter'],
          properties: {
            employer: {
              type: 'object',
              required: ['number'],
              properties: { number: { type: 'string' }, name: { type: 'string' } },
            },
            amount: { type: 'string', pattern: '^[0-9]+\\.[0-9]{2}$' },
            quarter: { type: 'string' },
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
  jsonSchema: { type: 'object', properties: { status: { type: 'string' } } },
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
  ...more,
});
