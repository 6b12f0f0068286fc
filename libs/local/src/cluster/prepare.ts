import { join } from 'node:path';
import { personRegistry, SERVICES, serviceNamed } from '@crossroads/topology';
import { writePrivate } from '../certificates.js';
import { ensureDatabases } from '../databases.js';
import { PURPOSES } from '../demo/deliberations.js';
import { decidedDeliberation, setUpDemo } from '../demo/set-up.js';
import { prepareTopics } from '../kafka-topics.js';
import { demoPeople } from '../people/index.js';
import { inscribe } from '../tour/inscriptions-step.js';
import { importPopulation } from '../tour/population-step.js';
import type { ClusterMesh } from './cluster-mesh.js';
import { TESTER } from './secrets.js';

/** Creates missing databases with their roles, topics and ACLs through the forwarded ports. */
export const prepareInfrastructure = async (mesh: ClusterMesh): Promise<void> => {
  const postgres = `localhost:${mesh.ports.postgres}`;
  for (const service of SERVICES.filter((name) => serviceNamed(name).database))
    await ensureDatabases(mesh.adminUrl(postgres), mesh.databases(service, postgres));
  await prepareTopics([`localhost:${mesh.ports.kafka}`], await mesh.kafkaIdentity());
};

/** The demo's institutions, its people, and a file on one of them at the institution that `helm test` consults as. */
export const prepareDemo = async (mesh: ClusterMesh): Promise<void> => {
  const registry = `${personRegistry.name}:50051`;
  // The sources of wages and statuses do not run in the cluster, and nothing calls them; nor do servers of documents.
  const network = await setUpDemo(mesh, { registry, wages: registry, statuses: registry, documents: '' });
  try {
    const { people } = await importPopulation(network.as('national-register'), { people: demoPeople }, () => {});
    await decidedDeliberation(network, TESTER);
    const [first] = people;
    if (!first) throw new Error('the registry has none of the demo people');
    await inscribe(network.as(TESTER), PURPOSES[TESTER].inscriptionContext, first.ssin);
    await writePrivate(join(mesh.folder.path, 'demo-ssin'), first.ssin);
  } finally {
    network.close();
  }
};
