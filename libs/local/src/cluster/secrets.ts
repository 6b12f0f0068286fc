import { readFileSync } from 'node:fs';
import { SERVICES, type ServiceName, serviceNamed } from '@crossroads/topology';
import { INSTITUTIONS } from '../demo/institutions.js';
import { officialsKeyOf } from '../demo/signing-keys.js';
import { demoPeople } from '../people/index.js';
import type { ClusterMesh, ServiceSecrets } from './cluster-mesh.js';

/** The institution that `helm test` consults as, once `demo` has registered it. */
export const TESTER = 'welfare-office';

export interface SecretManifest {
  readonly apiVersion: 'v1';
  readonly kind: 'Secret';
  readonly metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>> };
  readonly type: 'Opaque';
  readonly stringData: Readonly<Record<string, string>>;
}

/** Every Secret that charts/mesh and charts/dev-infra name by default; `kubectl apply` takes the list. */
export const secretManifests = async (mesh: ClusterMesh): Promise<readonly SecretManifest[]> => {
  // One after another, because they share key files.
  const held: (ServiceSecrets & { readonly name: ServiceName })[] = [];
  for (const name of SERVICES) held.push({ name, ...(await mesh.secretsOf(name)) });
  const services = held.flatMap(({ name, tls, databases: { main, keys }, keyFile, receiptKey }) => [
    secret(`${name}-tls`, identity(tls)),
    ...(serviceNamed(name).database
      ? [
          secret(`${name}-database`, {
            url: main.app,
            migratorUrl: main.migrator,
            ...(keys ? { keysUrl: keys.app, keysMigratorUrl: keys.migrator } : {}),
          }),
        ]
      : []),
    secret(`${name}-keys`, { 'keys.json': read(keyFile) }),
    // Only signers have a private key; every service has the public keys.
    secret(`${name}-receipts`, {
      'receipt-keys.json': read(mesh.receiptKeysFile),
      ...(receiptKey === undefined ? {} : { 'receipt-key.pem': read(receiptKey) }),
    }),
  ]);
  const kafka = await mesh.kafkaIdentity();
  const { enterpriseNumber } = INSTITUTIONS[TESTER];
  const tester = await mesh.issueApplication(TESTER, { application: TESTER, enterpriseNumber });
  return [
    ...services,
    secret('kafka-tls', {
      'keystore.pem': `${read(kafka.key).trim()}\n${read(kafka.certificate)}`,
      'ca.crt': read(kafka.ca),
      'institutions-ca.crt': read(mesh.authorities.institutions),
    }),
    secret('institutions-ca', { 'ca.crt': read(mesh.authorities.institutions) }),
    secret('postgresql', { password: mesh.databasePassword }),
    secret('demo-institution', identity(tester)),
    secret('demo-request', {
      ssin: await firstPerson(),
      'official-key.pem': (await officialsKeyOf(mesh, TESTER)).privatePem,
    }),
  ];
};

const identity = ({ certificate, key, ca }: { certificate: string; key: string; ca: string }) => ({
  'tls.crt': read(certificate),
  'tls.key': read(key),
  'ca.crt': read(ca),
});

const secret = (name: string, stringData: Readonly<Record<string, string>>): SecretManifest => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: {
    name,
    labels: { 'app.kubernetes.io/part-of': 'crossroads', 'app.kubernetes.io/managed-by': 'dev-infra' },
  },
  type: 'Opaque',
  stringData,
});

const read = (file: string): string => readFileSync(file, 'utf8');

/** The number of a generated person, which belongs to nobody. */
const firstPerson = async (): Promise<string> => {
  for await (const record of demoPeople()) if ('ssin' in record) return record.ssin;
  throw new Error('there are no demo people');
};
