import { DirectoryServiceService } from '@crossroads/contracts/directory/v1/directory_service';
import type { Connection, TlsFiles } from '@crossroads/grpc';
import { withCbeCheck } from '@crossroads/identifiers';
import { BlindIndex, FileKeyProvider } from '@crossroads/privacy';
import { type ServiceProcess, TestMesh } from '@crossroads/testing/mesh';
import { PARTITIONS, PERSON_TOPIC } from '@crossroads/topology';
import { RegistryStandIn } from './registry-stand-in.js';

export const WELFARE_OFFICE = withCbeCheck('02121770');
export const HEALTH_FUND = withCbeCheck('04112345');
/** May act for the welfare office. */
export const INTEGRATOR = withCbeCheck('08612345');
/** May inscribe from 30 days ago. */
export const NEWCOMER = withCbeCheck('08700002');
/** May inscribe two persons a day, and ask for two numbers that it cannot. */
export const LIMITED = withCbeCheck('08700001');
/** Has a certificate of the authority, but nobody has registered its key. */
export const UNREGISTERED = 'unregistered';

const INSTITUTIONS = new Map<string, readonly string[]>([
  [WELFARE_OFFICE, []],
  [HEALTH_FUND, []],
  [INTEGRATOR, [WELFARE_OFFICE]],
  [LIMITED, []],
  [NEWCOMER, []],
]);
/** Where all of them may inscribe. */
const CONTEXTS = [
  '17/2',
  '17/5',
  '11/2',
  '18/1',
  '18/2',
  '21/1',
  '21/2',
  '21/3',
  ...Array.from({ length: 20 }, (_, n) => `40/${n}`),
];
/** Whether inscriptions may start earlier than 30 days ago. */
const GRANTS = new Map([
  [WELFARE_OFFICE, true],
  [HEALTH_FUND, true],
  [INTEGRATOR, true],
  [NEWCOMER, false],
  [LIMITED, true],
]);
const SERVICES = ['authorization', 'person-registry', 'exchange', 'subscription', 'access-audit', 'ebox'];

export type Directory = Connection<typeof DirectoryServiceService>;

/** The service in a process of its own, with a registry that a spec speaks for, and certificates of those who call it. */
export class RunningDirectory {
  private constructor(
    readonly mesh: TestMesh,
    readonly registry: RegistryStandIn,
    readonly process: ServiceProcess,
    private readonly certificates: ReadonlyMap<string, TlsFiles>,
  ) {}

  /** @param before Called before the service starts */
  static async start(
    before: (registry: RegistryStandIn) => Promise<unknown> = async () => undefined,
  ): Promise<RunningDirectory> {
    const mesh = await TestMesh.start('reference-directory');
    const { broker } = mesh.bus;
    await broker.ensureTopic({ name: PERSON_TOPIC, partitions: PARTITIONS, retentionDays: 7 });
    const index = await BlindIndex.open(new FileKeyProvider(mesh.keyFile), 'ssin-index');
    const registry = new RegistryStandIn(index, broker, mesh.sealing('person-registry'));
    await before(registry);
    await mesh.standIn('person-registry', registry.serve());
    const certificates = new Map<string, TlsFiles>();
    for (const name of SERVICES) certificates.set(name, await mesh.serviceCertificate(name));
    for (const [enterpriseNumber, represents] of INSTITUTIONS)
      certificates.set(enterpriseNumber, await mesh.register(enterpriseNumber, { represents: [...represents] }));
    for (const [enterpriseNumber, earlierStarts] of GRANTS)
      mesh.policy.put({
        $case: 'inscriptionGrant',
        value: {
          enterpriseNumber,
          inscriptionContexts: CONTEXTS,
          earlierStarts,
          dailyPersons: enterpriseNumber === LIMITED ? { consulted: 0, inscribed: 2, misses: 2 } : undefined,
        },
      });
    certificates.set(UNREGISTERED, await mesh.applicationCertificate(WELFARE_OFFICE, { application: 'shadow' }));
    return new RunningDirectory(mesh, registry, await mesh.startProcess(), certificates);
  }

  as(name: string): Directory {
    return this.mesh.connect(DirectoryServiceService, this.process.port, this.certificate(name), {
      deadlineMs: 20_000,
    });
  }

  certificate(name: string): TlsFiles {
    const tls = this.certificates.get(name);
    if (!tls) throw new Error(`there is no certificate ${name}`);
    return tls;
  }

  close(): Promise<void> {
    return this.mesh.stop();
  }
}
