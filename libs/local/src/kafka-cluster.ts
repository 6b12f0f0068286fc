import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { CertificateAuthorities, IdentityFiles } from './certificates.js';
import { findJavaWithJars, kafkaIdentity, trustsIn, writeKeyStore } from './kafka.js';
import { kafkaAnswers } from './kafka-client.js';
import { clusterId, kafkaInJava } from './kafka-in-java.js';
import { KAFKA_ADMIN } from './kafka-settings.js';
import { freePort } from './ports.js';
import { Supervised } from './supervised.js';

const START_WITHIN_MS = 90_000;

export interface KafkaClusterOptions {
  /** As of `startKafka`. */
  readonly dataFolder: string;
  readonly authority: CertificateAuthorities;
  readonly nodes: number;
  readonly environment?: NodeJS.ProcessEnv;
  readonly report?: (line: string) => void;
}

export interface RunningKafkaCluster {
  readonly brokers: readonly string[];
  readonly institutionBrokers: readonly string[];
  readonly admin: IdentityFiles;
  /** By their node ids, from 1. A killed one starts again. */
  readonly nodes: ReadonlyMap<number, Supervised>;
  stop(): Promise<void>;
}

/** Starts several nodes of one Kafka on this machine's Java, or says why it cannot. A mesh uses them by `KAFKA_BROKERS`. */
export const startKafkaCluster = async ({
  dataFolder,
  authority,
  nodes: count,
  environment = process.env,
  report = () => {},
}: KafkaClusterOptions): Promise<RunningKafkaCluster | { readonly why: string }> => {
  const java = await findJavaWithJars(environment, report);
  if ('why' in java) return java;
  const admin = await kafkaIdentity(dataFolder, authority);
  const keyStore = await writeKeyStore(dataFolder, admin);
  const ports: number[] = [];
  const institutionsPorts: number[] = [];
  const controllerPorts: number[] = [];
  for (let n = 0; n < count; n++) {
    ports.push(await freePort());
    institutionsPorts.push(await freePort());
    controllerPorts.push(await freePort());
  }
  const id = clusterId();
  const start = async (port: number, n: number): Promise<readonly [number, Supervised]> => {
    const node = n + 1;
    const home = join(dataFolder, `kafka-${node}`);
    mkdirSync(home, { recursive: true, mode: 0o700 });
    const controllerPort = controllerPorts[n] ?? 0;
    const program = await kafkaInJava(
      java.java,
      java.jars,
      home,
      {
        port,
        institutionsPort: institutionsPorts[n] ?? 0,
        controllerPort,
        dataFolder: join(home, 'data'),
        keyStore,
        trusts: trustsIn(dataFolder),
        superUsers: [`CN=${KAFKA_ADMIN}`],
        cluster: { id, node, controllerPorts },
      },
      environment,
    );
    const isReady = () => kafkaAnswers([`localhost:${port}`], admin);
    const supervised = await Supervised.start(
      { ...program, name: `kafka-${node}`, cwd: home, startTimeoutMs: START_WITHIN_MS, isReady },
      { run: join(dataFolder, 'run'), logs: join(dataFolder, 'logs'), report },
    );
    return [node, supervised];
  };
  // At the same time: none of them serves before most are there.
  const started = await Promise.allSettled(ports.map(start));
  const nodes = new Map(started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : [])));
  const stop = async () => void (await Promise.all([...nodes.values()].map((node) => node.stop())));
  for (const one of started)
    if (one.status === 'rejected') {
      await stop();
      throw one.reason;
    }
  const addresses = (of: readonly number[]) => of.map((port) => `localhost:${port}`);
  return { brokers: addresses(ports), institutionBrokers: addresses(institutionsPorts), admin, nodes, stop };
};
