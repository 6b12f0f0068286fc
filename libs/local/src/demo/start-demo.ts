import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { personRegistry } from '@crossroads/topology';
import type { LocalMesh } from '../local-mesh.js';
import { STATUSES, WAGES } from './deliberations.js';
import { type InstitutionName, numberOf } from './institutions.js';
import { type DemoNetwork, institutionKeysFile, setUpDemo, signInKeyFile } from './set-up.js';

/** Where the pension office keeps its documents: the name of a file is the id of a document. */
export const documentFolder = ({ folder }: Pick<LocalMesh, 'folder'>): string =>
  join(folder.path, 'pension-office-documents');

/**
 * Registers the demo's institutions, and starts what they serve: two authentic sources, and the documents of the pension office. Idempotent
 * for one data folder.
 * @param people folder of the sources' data; absent: generated data
 */
export const startDemo = async (mesh: LocalMesh, people: string | undefined): Promise<DemoNetwork> => {
  const { institutions: port, services } = mesh.ports;
  const ports = { wages: port, statuses: port + 1, documents: port + 2 };
  const network = await setUpDemo(mesh, {
    registry: `localhost:${services[personRegistry.name]}`,
    wages: `localhost:${ports.wages}`,
    statuses: `localhost:${ports.statuses}`,
    documents: `localhost:${ports.documents}`,
  });
  const start = (name: InstitutionName, program: string, at: number, environment: NodeJS.ProcessEnv): Promise<void> => {
    const { ca, cert, key } = network.connection(name).tls;
    return mesh.startInstitution({
      name,
      main: join(mesh.root, 'libs', 'local', 'dist', 'demo', program),
      port: at,
      identity: { ca, certificate: cert, key },
      environment: { RECEIPT_KEYS_FILE: mesh.receiptKeysFile, ...environment },
    });
  };
  const source = (name: InstitutionName, dataService: string, at: number) =>
    start(name, 'source-main.js', at, {
      DATA_SERVICE: dataService,
      PARTY: numberOf(name),
      INSTITUTION_KEYS: institutionKeysFile(mesh),
      RECEIPTS: join(mesh.folder.path, `${name}-receipts`),
      ...(people === undefined ? {} : { PEOPLE: people }),
    });
  const documents = documentFolder(mesh);
  mkdirSync(documents, { recursive: true, mode: 0o700 });
  await Promise.all([
    mesh.startSignIn(signInKeyFile(mesh), people),
    source('wages-source', WAGES, ports.wages),
    source('statuses-source', STATUSES, ports.statuses),
    start('pension-office', 'document-provider-main.js', ports.documents, {
      DOCUMENTS: documents,
      PROVIDER: numberOf('pension-office'),
    }),
  ]);
  return network;
};
