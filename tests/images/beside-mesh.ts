import { freePort, probe } from '@crossroads/local';
import { eventually } from '@crossroads/testing';
import { addressVariableOf, SERVICES, type ServiceName, serviceNamed } from '@crossroads/topology';
import type { WholeMesh } from '../whole-mesh.js';
import type { UnpackedImage } from './buildah.js';
import { Container, type ContainerOptions } from './container.js';
import { renderedContainer } from './rendered-env.js';

export interface ServiceInContainer {
  readonly container: Container;
  /** Where institutions connect. */
  readonly address: string;
  readonly healthPort: number;
}

/** The content of the Secret `<service>-database`. */
const databaseSecret = (mesh: WholeMesh, service: ServiceName): Record<string, string> => {
  const { main, keys } = mesh.local.mesh().postgres.databases[service] ?? {};
  return {
    url: main?.app ?? '',
    migratorUrl: main?.migrator ?? '',
    keysUrl: keys?.app ?? '',
    keysMigratorUrl: keys?.migrator ?? '',
  };
};

/** Secrets as files at the paths of the chart. */
const secretFiles = (mesh: WholeMesh, service: ServiceName, mounts: readonly string[]): Record<string, string> => {
  const { certificates, keyFiles, authorities } = mesh.local.mesh();
  const identity = certificates[service];
  const receipts =
    serviceNamed(service).receipts === 'sign'
      ? { '/etc/crossroads/receipts/receipt-key.pem': keyFiles[`${service}-receipts`] }
      : { '/etc/crossroads/receipts/receipt-keys.json': mesh.local.receiptKeysFile };
  const files = {
    '/etc/crossroads/tls/ca.crt': authorities.services,
    '/etc/crossroads/institutions/ca.crt': authorities.institutions,
    '/etc/crossroads/tls/tls.crt': identity?.certificate,
    '/etc/crossroads/tls/tls.key': identity?.key,
    '/etc/crossroads/keys/keys.json': keyFiles[service],
    ...receipts,
  };
  return Object.fromEntries(
    Object.entries(files).flatMap(([inside, file]) =>
      file !== undefined && mounts.some((mount) => inside.startsWith(`${mount}/`)) ? [[inside, file]] : [],
    ),
  );
};

/** The chart's environment with other addresses and ports, because everything runs on one host. */
const elsewhere = (
  mesh: WholeMesh,
  environment: Readonly<Record<string, string>>,
  ports: Readonly<Record<string, number>>,
): Record<string, string> => {
  const { services } = mesh.local.ports;
  const { broker } = mesh.local.mesh();
  const addresses = SERVICES.map((name): [string, string] => [
    addressVariableOf(name),
    `localhost:${services[name]}`,
  ]).filter(([name]) => name in environment);
  return {
    ...environment,
    ...Object.fromEntries(addresses),
    ...Object.fromEntries(Object.entries(ports).map(([name, port]) => [name, String(port)])),
    ...(broker.kind === 'kafka'
      ? { KAFKA_BROKERS: broker.brokers.join(',') }
      : { KAFKA_BROKERS: '', EMBEDDED_LOG_URL: broker.url }),
  };
};

/** Runs the migrations of a service as the chart's Job does. */
export const migrationOf = (mesh: WholeMesh, service: ServiceName, image: UnpackedImage): Container =>
  new Container(image, renderedContainer('Job', service, databaseSecret(mesh, service)));

/** A further process of a service of the mesh, in its image, as the chart's Deployment runs it. */
export const startBeside = async (
  mesh: WholeMesh,
  service: ServiceName,
  image: UnpackedImage,
  options: ContainerOptions = {},
): Promise<ServiceInContainer> => {
  const rendered = renderedContainer('Deployment', service, databaseSecret(mesh, service));
  const ports = {
    MESH_PORT: await freePort(),
    INSTITUTIONS_PORT: await freePort(),
    HEALTH_PORT: await freePort(),
  };
  const container = new Container(image, {
    ...options,
    environment: elsewhere(mesh, rendered.environment, ports),
    files: secretFiles(mesh, service, rendered.mounts),
  });
  return { container, address: `localhost:${ports.INSTITUTIONS_PORT}`, healthPort: ports.HEALTH_PORT };
};

/** Waits until it is ready. @throws an error with its output when it ends */
export const ready = async ({ container, healthPort }: ServiceInContainer): Promise<void> => {
  await eventually(
    () => probe(healthPort),
    (serving) => serving || container.hasEnded,
  );
  if (container.hasEnded) throw new Error(`it ended: ${container.output}`);
};
